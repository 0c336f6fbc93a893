"""What a program is before anything runs: its modules, what names refer to, facts about one body of code."""
