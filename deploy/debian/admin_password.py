"""Give the administrator in the users' database another password: ``admin_password.py ADDRESS``, the password comes in.

After a restore: the accounts are those of the backup, and the administrator's password is that of this machine.
"""

import sys

from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore

store = SqlAlchemyStore()
store.init_db(sys.argv[1])
if store.has_user("admin"):
    store.update_user("admin", password=sys.stdin.read().strip())
