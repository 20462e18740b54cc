"""Who may use the page: accounts with a name, a password and a library each."""

from bot.accounts.names import account_name
from bot.accounts.store import Account, Accounts, accounts_path

__all__ = ["Account", "Accounts", "account_name", "accounts_path"]
