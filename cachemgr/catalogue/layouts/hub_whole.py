"""What of a hub cache moves in one piece: a repository, whose snapshots lead to its blobs."""

from cachemgr.catalogue.layouts.hub import REPOSITORY
from cachemgr.catalogue.layouts.hub_downloads import LOCKS
from cachemgr.catalogue.layouts.hub_store import STORE
from cachemgr.domain.cache_type import Whole

WHOLE = Whole(REPOSITORY.pattern, (STORE,), LOCKS, ("CACHEDIR.TAG", "version.txt", LOCKS))
