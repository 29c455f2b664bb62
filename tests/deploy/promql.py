# SPDX-License-Identifier: Apache-2.0
"""Which metrics and labels a PromQL expression names. promtool judges the
grammar; this only looks for names in an expression that is right."""

import re

_TOKEN = re.compile(
    r"""(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)
      | (?P<range>\[[^\]]*\])
      | (?P<number>\d[\w.]*(?:e[+-]?\d+)?)
      | (?P<name>[A-Za-z_:][\w:]*)
      | (?P<operator>=~|!~|!=|==|>=|<=|[-+*/%^<>={}(),])""",
    re.VERBOSE,
)
_GROUPING = {"by", "without", "on", "ignoring", "group_left", "group_right"}
_WORDS = {"and", "or", "unless", "bool", "offset", "inf", "nan", "start", "end"} | _GROUPING


class Names:
    """`selectors`: (metric, labels it is matched by); `grouping`: labels of by (...) and the like."""

    def __init__(self):
        self.selectors = []
        self.grouping = set()

    def metrics(self):
        return {metric for metric, _ in self.selectors}


def _tokens(expression):
    tokens = [(match.lastgroup, match.group()) for match in _TOKEN.finditer(expression)]
    return [token for token in tokens if token[0] != "range"] + [("end", "")] * 2


def _until(tokens, start, closing):
    end = start
    while tokens[end][1] != closing and tokens[end][0] != "end":
        end += 1
    return end


def names(expression):
    """The Names of an expression in which variables have been replaced."""
    found = Names()
    tokens = _tokens(expression)
    i = 0
    while tokens[i][0] != "end":
        kind, text = tokens[i]
        following = tokens[i + 1][1]
        if kind == "name" and text in _GROUPING and following == "(":
            end = _until(tokens, i, ")")
            found.grouping |= {word for sort, word in tokens[i + 2 : end] if sort == "name"}
            i = end
        elif kind == "name" and text not in _WORDS and following != "(" and following not in ("by", "without"):
            labels = set()
            if following == "{":
                end = _until(tokens, i, "}")
                labels = {word for sort, word in tokens[i + 2 : end] if sort == "name"}
                i = end
            found.selectors.append((text, labels))
        i += 1
    return found
