"""What a person decides before anything is written: group by group, hunk by hunk, in a terminal or on a local page."""
