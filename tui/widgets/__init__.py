"""What the screens are made of; every widget draws lines, none takes markup."""
