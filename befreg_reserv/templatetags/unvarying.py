"""What is the same on every page of a language: made once, and not for each page."""

from typing import Any

from django import template
from django.template import Context, Node, NodeList, TemplateSyntaxError
from django.template.base import FilterExpression, Parser, TextNode, Token, Variable
from django.template.defaulttags import LoadNode, URLNode
from django.templatetags.i18n import TranslateNode
from django.templatetags.static import StaticNode
from django.urls import get_script_prefix
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()


class Unvarying(Node):
    """Text, its translations and fixed addresses, as one piece for each language."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist
        self._made: dict[tuple[str | None, str], SafeString] = {}

    def render(self, context: Context) -> SafeString:
        """Return the piece; below another prefix its addresses are others."""
        key = get_language(), get_script_prefix()
        if key not in self._made:
            self._made[key] = self.nodelist.render(context)
        return self._made[key]


@register.tag
def unvarying(parser: Parser, _token: Token) -> Unvarying:
    """Make the block's content once. Raises TemplateSyntaxError if it says what may vary."""
    nodelist = parser.parse(("endunvarying",))
    parser.delete_first_token()
    for node in nodelist:
        if not _is_fixed(node):
            raise TemplateSyntaxError(f"{node!r} may vary: not within unvarying")
    return Unvarying(nodelist)


def _is_fixed(node: Any) -> bool:
    if isinstance(node, TextNode | LoadNode):
        return True
    if isinstance(node, TranslateNode):
        said = [node.filter_expression, node.message_context]
        return not node.asvar and all(_is_literal(each) for each in said if each)
    if isinstance(node, StaticNode):
        return not node.varname and _is_literal(node.path)
    if isinstance(node, URLNode):
        given = [node.view_name, *node.args, *node.kwargs.values()]
        return not node.asvar and all(map(_is_literal, given))
    return False


def _is_literal(expression: FilterExpression) -> bool:
    said = expression.var
    return not expression.filters and (not isinstance(said, Variable) or said.lookups is None)
