"""What an extension finds when the pages are read, for when they are written."""

from sphinx.environment.collectors import EnvironmentCollector


class Kept(EnvironmentCollector):
    """Keeps in the environment, under `name`, what `find` returns for each page."""

    name: str

    def find(self, app, doctree):
        """Return what is to be kept of a page."""
        raise NotImplementedError

    def kept(self, env):
        """Return what was found so far, by page."""
        return env.__dict__.setdefault(self.name, {})

    def clear_doc(self, app, env, docname):
        """Forget a page that is read again."""
        self.kept(env).pop(docname, None)

    def merge_other(self, app, env, docnames, other):
        """Take over what another process has read."""
        found = self.kept(other)
        self.kept(env).update({page: found[page] for page in docnames})

    def process_doc(self, app, doctree):
        """Read a page."""
        self.kept(app.env)[app.env.docname] = self.find(app, doctree)
