"""A demo catalogue drawn by code: studio images, phone photos of them, a product feed and labelled queries."""

from index_builder.demo.item import CATEGORIES, ItemPlan, plan_item, plan_outsiders
from index_builder.demo.looks import LOOK_COLUMNS, plan_looks
from index_builder.demo.phone import phone_view
from index_builder.demo.render import DrawnItem, draw_item, draw_plan, studio_view
from index_builder.demo.write import FEED_COLUMNS, QUERY_COLUMNS, DemoSummary, write_demo

__all__ = [
    "CATEGORIES",
    "FEED_COLUMNS",
    "LOOK_COLUMNS",
    "QUERY_COLUMNS",
    "DemoSummary",
    "DrawnItem",
    "ItemPlan",
    "draw_item",
    "draw_plan",
    "phone_view",
    "plan_item",
    "plan_looks",
    "plan_outsiders",
    "studio_view",
    "write_demo",
]
