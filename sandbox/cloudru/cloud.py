"""Cloud.ru without HTTP: the rules of every service, each built from the host and from those it needs."""

from sandbox.cloudru.rules.generation import Generation
from sandbox.cloudru.rules.iam import Iam
from sandbox.cloudru.rules.inference import ModelRuns
from sandbox.cloudru.rules.knowledge import Knowledge
from sandbox.cloudru.rules.logs import LogGroups
from sandbox.cloudru.rules.model import Models
from sandbox.cloudru.rules.search import Search
from sandbox.cloudru.rules.secret import SecretManagement
from sandbox.cloudru.rules.storage import StorageControl
from sandbox.engines.models import ModelShelf
from sandbox.host import Host
from sandbox.repositories import Repositories


class CloudRu:
    """The services of one project."""

    def __init__(self, host: Host, shelf: ModelShelf, repositories: Repositories) -> None:
        self.host = host
        self.iam = Iam(host)
        self.logs = LogGroups(host)
        self.storage = StorageControl(host, self.logs)
        self.secret = SecretManagement(host)
        self.inference = ModelRuns(host, self.secret, repositories)
        self.models = Models(host, shelf)
        self.generation = Generation(host, shelf)
        self.knowledge = Knowledge(host, shelf, self.iam, self.inference)
        self.search = Search(self.iam, self.knowledge)

    def start(self) -> None:
        """Resume the builds that the last process did not finish."""
        self.knowledge.start()

    def clear(self) -> None:
        """Remove the indexes of what was forgotten."""
        self.knowledge.clear()

    def close(self) -> None:
        """Stop the builds; the next start resumes them."""
        self.knowledge.close()
