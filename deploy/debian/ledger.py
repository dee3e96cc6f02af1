"""Make the table of a ledger and let a role read and append: ``ledger.py ADDRESS ROLE``.

The address is one under which the owner of the table is active; nobody signs in as that owner.
"""

import sys

from wild_aieval.errors import UserError
from wild_aieval.oversight.ledger.database import DatabaseLedger

try:
    ledger = DatabaseLedger(sys.argv[1])
    ledger.grant(sys.argv[2])
    ledger.close()
except UserError as error:
    sys.exit(f"wild-aieval: {error}")
