"""The sections of the page, in order: each module turns safe tables into one frozen dataclass for one template."""
