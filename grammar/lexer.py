"""Cuts a text into tokens. What a word means is asked of the parser, so most keywords stay free as identifiers."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from types import MappingProxyType

from defercheck.grammar import lexical_errors
from defercheck.grammar.span import Source, Span
from defercheck.grammar.tables import END, Table

MAX_NESTING = 100
"""How deep brackets may nest. Everything after the parser walks the tree by recursion."""

QUALIFIERS = frozenset(
    {
        "static", "const", "volatile", "inline", "noinline", "__always_inline", "__init", "__exit", "__devinit",
        "__devexit", "__rcu", "__iomem", "__user", "__force", "__maybe_unused", "__always_unused", "__read_mostly",
    }
)  # fmt: skip
"""Words of C that say nothing about behaviour: accepted around a type, and ignored."""

_TYPE_WORDS = frozenset({"int", "bool", "void", "unsigned", "signed", "long", "short", "char"})
_STATEMENT_WORDS = frozenset({"if", "else", "while", "do", "for", "break", "continue", "return", "goto", "switch"})
C_KEYWORDS = _TYPE_WORDS | _STATEMENT_WORDS | {"struct", "enum", "true", "false", "NULL", "sizeof", "case", "default"}
"""Words that are never identifiers."""

# Possessive (`*+`): a look ahead that fails must not try each way to cut comments, of which there are 2^n.
_TRIVIA = r"(?:[ \t\r\n\f\v]|//[^\r\n]*|/\*[\s\S]*?\*/)*+"
_MASTER = re.compile(
    r"""(?P<space>[ \t\r\n\f\v]+|(?<![\s\S])\ufeff)
      | (?P<comment>//[^\r\n]*|/\*[\s\S]*?\*/)
      | (?P<unclosed>/\*)
      | (?P<directive>\#[^\r\n]*)
      | (?P<word>[A-Za-z_][A-Za-z_0-9]*)
      | (?P<number>[0-9][A-Za-z_0-9]*(?:\.(?!\.)[A-Za-z_0-9]*)?)
      | (?P<string>"(?:[^"\\\r\n]|\\[^\r\n])*")
      | (?P<sign><<=|>>=|==>|\.\.\.|&&|\|\||\+\+|--|->|~>|\.\.|[-+*/%&|^=!<>]=|<<|>>|[-+*/%&|^=!<>~?:;,.(){}\[\]])
      | (?P<bad>[\s\S])""",
    re.VERBOSE,
)
# A function declared without its body: from its result's type, which is none that objects have, to its semicolon.
_PROTOTYPE = re.compile(
    r"""(?:(?:static|extern|inline|const|__init|__exit|unsigned|signed)\s+)*+
        (?:void|bool|int|long|short|char|irqreturn_t|enum\s+\w+|struct\s+\w+(?=\s*\*))\b
        (?:\s|\*|\b(?:static|inline|const|__init|__exit|int|long)\b)+ (?!\d)\w+ \s*
        \( [^(){};=]* \) \s* ;""",
    re.VERBOSE,
)
_SILENT = re.compile(r"#[ \t]*(?:(?:include|pragma)\b.*|define[ \t]+\w+[ \t]*)")
"""Lines for the preprocessor that say nothing here."""
_DEFINE = re.compile(r"#[ \t]*define\b(?=[ \t]+\w+[ \t]+\S)")
_CLOSERS = MappingProxyType({")": "(", "]": "[", "}": "{"})


@lru_cache(maxsize=1)
def _followers() -> dict[str, re.Pattern[str]]:
    """What must come after a word for it to be a keyword, at places where an identifier could stand too."""
    words = {
        "any": r"\(",
        "await": r"[\w(]",
        "when": r"[\w(]",
        "foreach": r"[\w(]",
        "assert": r"[\w(]",
        "choose": r"[\w{]",
        "atomic": r"[\w{]",
        "or": r"[\w{]",
        "module": r"\{",
        "list": r"<",
        "tasklet": r"\w+" + _TRIVIA + r"\{",
        "device": r"\w+" + _TRIVIA + r"\{",
        "timer": r"\w+" + _TRIVIA + r"\{",
        "check": r"\w",
        "legal": r"\w[\w\s,]*[\w\s]\(",
        "situation": r"\w+" + _TRIVIA + r"\(",
        "frame": r"\w",
        "ghost": r"\w",
        "shadow": r"\w",
        "ref": r"<",
        "percpu": r"\w",
        "param": r"\w",
        "out": r"\w",
        "eventually": "",
        "invariant": "",
        "never": "",
        "cover": "",
        "lemma": "",
        "final": "",
        "start": r"(?:\{|on\b)",
        "": r"[\w\"{]",
    }
    return {word: re.compile(_TRIVIA + pattern) for word, pattern in words.items()}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text. ``type`` is a terminal of the table: the text itself for keywords and signs."""

    type: str
    text: str
    start: int
    end: int


class Places:
    """Turns offsets into spans."""

    def __init__(self, source: Source):
        self.source = source
        lines = source.text.splitlines(keepends=True)  # the same line breaks as Source.line
        self._starts = list(accumulate(map(len, lines), initial=0))
        if lines and lines[-1] == lines[-1].splitlines()[0]:
            self._starts.pop()  # the last line does not end, so none follows

    def span(self, start: int, end: int) -> Span:
        """The span of a half-open range of characters."""
        line, column = self._place(start)
        end_line, end_column = self._place(end)
        return Span(self.source, start, end, line, column, end_line, end_column)

    def of(self, token: Token) -> Span:
        """The span of a token."""
        return self.span(token.start, token.end)

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


class Lexer:
    """One pass over one text.

    ``accepts`` tells whether the parser, as it stands now, could take a terminal; so tokens must be fed to the parser
    one by one as they come. Words that say nothing about behaviour go to ``qualifiers``, comments to ``comments``;
    ``open`` holds the brackets that are open at the place reached.
    """

    def __init__(self, places: Places, table: Table, accepts: Callable[[str], bool], qualifiers: list[Token]):
        self.places = places
        self.comments: list[Token] = []
        self._qualifiers = qualifiers
        self.open: list[Token] = []
        self.tokens: list[Token] = []
        self._accepts = accepts
        self._terminals = table.terminals

    def __iter__(self) -> Iterator[Token]:
        length = len(self.places.source.text)
        yield from self._cut(0, length)
        yield Token(END, "", length, length)

    def _cut(self, begins: int, ends: int) -> Iterator[Token]:
        text = self.places.source.text
        done = 0
        for match in _MASTER.finditer(text, begins, ends):
            kind = match.lastgroup
            start, end = match.span()
            if kind == "space" or start < done:
                continue
            if kind == "word" and not self.open and (prototype := self._prototype(start)) is not None:
                self.comments.append(prototype)
                done = prototype.end
                continue
            token = Token(match.group(), match.group(), start, end)
            match kind:
                case "word":
                    named = self._word(token)
                    if named is None:
                        continue
                    token = named
                case "sign":
                    token = self._sign(token)
                case "comment":
                    self.comments.append(token)
                    continue
                case "number":
                    before = self.tokens[-1].type if self.tokens else ""
                    lexical_errors.check_number(token.text, self.places.of(token), before)
                    token = Token("NUMBER", token.text, start, end)
                case "string":
                    token = Token("STRING", token.text, start, end)
                case "directive" if _SILENT.fullmatch(token.text):
                    self.comments.append(token)
                    continue
                case "directive" if (word := _DEFINE.match(token.text)) and self._accepts("HASH_DEFINE"):
                    yield from self._definition(start, start + word.end(), end)
                    continue
                case _:
                    raise lexical_errors.bad_character(text, self.places.span(start, end))
            self.tokens.append(token)
            yield token

    def _definition(self, start: int, word: int, end: int) -> Iterator[Token]:
        """`#define LIMIT 3`, whose end is that of its line."""
        self.tokens.append(Token("HASH_DEFINE", "#define", start, word))
        yield self.tokens[-1]
        yield from self._cut(word, end)
        self.tokens.append(Token("LINE_END", "", end, end))
        yield self.tokens[-1]

    def _prototype(self, start: int) -> Token | None:
        """The prototype that begins here, where an item may: it says nothing that its function does not."""
        found = _PROTOTYPE.match(self.places.source.text, start) if self._accepts("module") else None
        return Token(found.group(), found.group(), start, found.end()) if found else None

    def _word(self, token: Token) -> Token | None:
        word = token.text
        if (
            word == "thread"
            and self._accepts("IRQ_THREAD")
            and _followers()["module"].match(self.places.source.text, token.end)
        ):  # the thread of the `irq` before it, for an item of its own has a name
            return Token("IRQ_THREAD", word, token.start, token.end)
        if word in self._terminals:
            is_keyword = word in C_KEYWORDS or self._is_keyword(token)
            return token if is_keyword else Token("NAME", word, token.start, token.end)
        if word in QUALIFIERS and self._beside_type():
            self._qualifiers.append(token)
            return None
        lexical_errors.check_word(word, self.places.of(token))
        return Token("NAME", word, token.start, token.end)

    def _is_keyword(self, token: Token) -> bool:
        if not self._accepts(token.text):
            return False
        if not self._accepts("NAME"):
            return True
        followers = _followers()
        follower = followers.get(token.text, followers[""])
        return follower.match(self.places.source.text, token.end) is not None

    def _beside_type(self) -> bool:
        """Whether a qualifier may stand here: before a type, or between a type and the name declared."""
        if self._accepts("void"):
            return True
        last = self.tokens[-1].type if self.tokens else ""
        after_type = last in {"NAME", ">", "*"} or last in _TYPE_WORDS
        return after_type and self._accepts("NAME") and not self._accepts("NUMBER")

    def _sign(self, token: Token) -> Token:
        sign = token.text
        if sign in "({[":
            if len(self.open) >= MAX_NESTING:
                raise lexical_errors.too_deep(self.places.of(token), MAX_NESTING)
            self.open.append(token)
            if sign == "(" and self._opens_parameters(token):
                return Token("FUNCTION_LPAR", sign, token.start, token.end)
        elif sign in _CLOSERS and self.open and self.open[-1].text == _CLOSERS[sign]:
            self.open.pop()
        return token

    def _opens_parameters(self, token: Token) -> bool:
        if not self._accepts("FUNCTION_LPAR"):
            return False
        return not self._accepts("(") or self._is_function_head(token.start)

    def _is_function_head(self, start: int) -> bool:
        """Whether the parenthesis that opens at ``start`` is followed, once closed, by a body."""
        depth = 0
        for match in _MASTER.finditer(self.places.source.text, start):
            sign = match.group()
            if match.lastgroup in ("space", "comment"):
                continue
            if depth == 0 and match.start() > start:
                return sign == "{"
            if sign in (";", "{", "}"):
                return False
            depth += (sign == "(") - (sign == ")")
        return False
