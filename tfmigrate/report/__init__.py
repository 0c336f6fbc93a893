"""What a migration looks like: each module has one function, `render(migration) -> str`. None of them writes."""
