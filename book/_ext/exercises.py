"""On the page an exercise cannot run; it shows a link to where it can."""

import re

from docutils import nodes

UNANSWERED = re.compile(r"Exercise \S+: replace the dots .*")


def invite(app, doctree):
    """Turn what an unanswered exercise prints into an invitation."""
    page = f"{app.env.docname}.ipynb"
    repository = app.config.html_theme_options.get("repository_url", "").replace(
        "https://github.com", "github"
    )
    branch = app.config.html_theme_options.get("repository_branch", "main")
    address = f"https://colab.research.google.com/{repository}/blob/{branch}/{page}"
    for output in list(doctree.findall(nodes.literal_block)):
        if UNANSWERED.fullmatch(output.astext().strip()):
            text = (
                '<p class="your-turn">Your turn: '
                f'<a href="{address}">replace the dots in Colab</a>,'
                " and the check answers at once.</p>"
            )
            output.replace_self(nodes.raw("", text, format="html"))


def setup(app):
    """Install it."""
    app.connect("doctree-read", invite)
    return {"parallel_read_safe": True}
