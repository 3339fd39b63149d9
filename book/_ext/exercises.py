"""On the page an exercise cannot run; it shows a link to where it can.

So can a page: ``{colab}`words <book/path/name.ipynb>` ``.
"""

import re

from docutils import nodes
from sphinx.util.docutils import ReferenceRole

UNANSWERED = re.compile(r"Exercise \S+: replace the dots .*")


def colab(config, path):
    """Return the address at which Colab opens a file of the repository."""
    repository = config.html_theme_options.get("repository_url", "").replace(
        "https://github.com", "github"
    )
    branch = config.html_theme_options.get("repository_branch", "main")
    return f"https://colab.research.google.com/{repository}/blob/{branch}/{path}"


class Colab(ReferenceRole):
    """Words that open a notebook of the repository in Colab."""

    def run(self):
        """Return the link."""
        address = colab(self.config, self.target)
        return [nodes.reference("", self.title, refuri=address)], []


def invite(app, doctree):
    """Turn what an unanswered exercise prints into an invitation."""
    address = colab(app.config, f"{app.env.docname}.ipynb")
    for output in list(doctree.findall(nodes.literal_block)):
        if UNANSWERED.fullmatch(output.astext().strip()):
            text = (
                '<p class="your-turn">Your turn: '
                f'<a href="{address}">replace the dots in Colab</a>,'
                " and the check answers at once.</p>"
            )
            output.replace_self(nodes.raw("", text, format="html"))


def setup(app):
    """Install both."""
    app.add_role("colab", Colab())
    app.connect("doctree-read", invite)
    return {"parallel_read_safe": True}
