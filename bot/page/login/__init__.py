"""Who may see the page: passwords, logins that end, login by a provider or a trusted proxy."""
