"""All tables in one place, for migrations and tests: importing this imports every model."""

import mailhub.accounts.control.models
import mailhub.accounts.life.models
import mailhub.accounts.login.models
import mailhub.accounts.models
import mailhub.accounts.records
import mailhub.accounts.web.models
import mailhub.admin.frame.models
import mailhub.incidents.models
import mailhub.ops.models
import mailhub.queue.models
import mailhub.registry.index
import mailhub.registry.models
import mailhub.reports.mailing.models
import mailhub.reports.models
import mailhub.roster.models
import mailhub.screening.models
import mailhub.signatures.models  # noqa: F401
from mailhub.store.database import Base

METADATA = Base.metadata
