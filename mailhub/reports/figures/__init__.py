"""The figures of the reports: one function a figure, numbers only. Words are `layout/`'s."""
