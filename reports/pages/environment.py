"""The environment of the templates: their filters, and the elements that name the sources of numbers.

Owns the list of filters. The text of a filter is `formatting`, marks are `marks`.
"""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from reports.content.inputs import affected, cleaned, excluded
from reports.language import formatting
from reports.language.rule_sentences import reference_rule, threshold_rule
from reports.provenance.source_marks import filtering, finalized, with_elements

FILTERS = (
    formatting.count,
    formatting.counted,
    formatting.decimal,
    formatting.stated,
    formatting.plain,
    formatting.goal,
    formatting.against,
    formatting.estimate,
    formatting.fraction,
    formatting.counts,
    formatting.effective_size,
    formatting.dagger,
    formatting.interval,
    formatting.between,
    formatting.half_width,
    formatting.signed,
    formatting.interval_of,
    formatting.value,
    formatting.p_value,
    formatting.monte_carlo_error,
    formatting.score,
    formatting.shift,
    formatting.level,
    formatting.alpha,
    formatting.percent,
    formatting.design_effect,
    formatting.proportion,
    formatting.short_hash,
    formatting.date,
    formatting.date_and_time,
    formatting.listed,
    formatting.sentence,
    reference_rule,
    threshold_rule,
    affected,
    cleaned,
    excluded,
)


class Page(Template):
    """A template whose pages have no marks: within `marking` each number is in an element that names its source."""

    def render(self, *args: Any, **kwargs: Any) -> str:
        """Render the page."""
        return with_elements(super().render(*args, **kwargs))


def environment() -> Environment:
    """Create the environment: all values escaped, undefined names refused."""
    made = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        lstrip_blocks=True,
        finalize=finalized,
    )
    made.template_class = Page
    made.tests["too_few"] = formatting.too_few
    made.filters.update({function.__name__: filtering(function) for function in FILTERS})
    return made
