"""The pictures of a week: one plan -> a page, a drawing, JSON; the terminal's is in the command line."""

from .caption import Caption
from .drawing import draw
from .page import write_page
from .values import month_value, plan_value

__all__ = ["Caption", "draw", "month_value", "plan_value", "write_page"]
