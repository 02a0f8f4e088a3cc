"""Text from outside, made inert; and the style of what the pages draw themselves.

A document, a file name or an error message may hold HTML or Markdown. It reaches the page either through
``escape`` inside HTML of ours, or through ``plain`` inside a label, which Streamlit reads as Markdown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from html import escape as _escape

_NARROW = "(max-width: 640px)"
"""Where Streamlit puts columns below one another."""
_MARKDOWN = re.compile(r"([!-/:-@\[-`{-~])")


def escape(text: str) -> str:
    """Return ``text`` for HTML, as content or as an attribute's value."""
    return _escape(text, quote=True)


def plain(text: str) -> str:
    """Return ``text`` for Markdown, on one line, with nothing left that Markdown acts on."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def distinct(names: Mapping[str, str]) -> dict[str, str]:
    """Return the names, numbered where one stood before: the browser tells only what an option is called."""
    counts: Counter[str] = Counter()
    found = {}
    for key, name in names.items():
        counts[name] += 1
        found[key] = name if counts[name] == 1 else f"{name} ({counts[name]})"
    return found


def go_to(key: str, what: str | int, *, narrow: bool = False) -> str:
    """Return HTML with a script that brings the top of the container of a ``key`` into the window.

    The browser runs it when it comes and whenever it changes, so once for every ``what``: it does not hold the page
    there. Neither argument may be text from outside.

    Parameters
    ----------
    narrow
        Only where the window is as narrow as a phone's.
    """
    condition = f'matchMedia("{_NARROW}").matches && ' if narrow else ""
    script = f'{condition}document.querySelector(".st-key-{key}")?.scrollIntoView();'
    return f'<span class="ws-go" data-to="{what}"></span><script>{script}</script>'


def heading(text: str) -> str:
    """Return ``text`` as a small heading."""
    return f'<h3 class="ws-group">{escape(text)}</h3>'


_DROP = '<path d="M14 2C9 9 5 13.5 5 18a9 9 0 0 0 18 0c0-4.5-4-9-9-16z" fill="#14a394"/>'
# Drawn here, because Streamlit fetches icons by name from another host when they stand for the page.
ICON = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 28 28">{_DROP}</svg>'
"""The page's icon."""
LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 150 28" width="150" height="28">'
    f'{_DROP}<text x="32" y="21" font-family="sans-serif" font-weight="600" font-size="20" fill="#14a394">'
    "Wellspring</text></svg>"
)
"""The name, in a colour that suits both themes."""

# Tints are mixed from the text's own colour, so that they suit the light and the dark theme.
STYLE = """<style>
:root { --ws-line: color-mix(in srgb, currentColor 16%, transparent);
        --ws-tint: color-mix(in srgb, currentColor 5%, transparent); }
.ws-text { white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.6; }
.ws-answer p { margin: 0 0 .6rem; white-space: pre-line; overflow-wrap: anywhere; line-height: 1.6; }
.ws-number { display: inline-block; min-width: 1.25em; padding: 0 .3em; margin: 0 .1em; border-radius: .35em;
  font-size: .75em; line-height: 1.5; text-align: center; font-weight: 600; vertical-align: .15em;
  background: color-mix(in srgb, #14a394 24%, transparent); }
.ws-draft { font-style: italic; opacity: .6; white-space: pre-wrap; overflow-wrap: anywhere;
  line-height: 1.6; }
.ws-draft b { font-style: normal; font-weight: 600; font-size: .8rem; margin-right: .5rem; }
.ws-facts { display: flex; flex-wrap: wrap; gap: .3rem .9rem; font-size: .82rem; margin: .1rem 0 .2rem; }
.ws-facts > span { opacity: .7; }
.ws-facts .ws-tag { opacity: 1; }
.ws-tag { display: inline-block; padding: .05rem .55rem; border-radius: 1rem; background: var(--ws-tint);
  border: 1px solid var(--ws-line); font-size: .82rem; overflow-wrap: anywhere; }
.ws-tags { display: flex; flex-wrap: wrap; gap: .4rem; margin-top: .3rem; }
.ws-unknown { border-left: 4px solid #d97706; padding: .55rem .9rem; border-radius: 0 .5rem .5rem 0;
  background: color-mix(in srgb, #d97706 10%, transparent); overflow-wrap: anywhere; }
.ws-unknown b { display: block; font-size: .8rem; opacity: .75; font-weight: 600; }
.ws-card { border: 1px solid var(--ws-line); border-radius: .6rem; padding: .65rem .9rem .55rem;
  background: var(--ws-tint); margin-top: .15rem; }
.ws-head { display: flex; flex-wrap: wrap; align-items: baseline; gap: .1rem .55rem; }
.ws-title { font-weight: 600; overflow-wrap: anywhere; }
.ws-page, .ws-path, .ws-note, .ws-place { font-size: .8rem; opacity: .7; overflow-wrap: anywhere; }
.ws-quote { margin: .45rem 0 .4rem; padding-left: .75rem; border-left: 3px solid var(--ws-line);
  font-size: .92rem; line-height: 1.55; white-space: pre-line; overflow-wrap: anywhere; }
.ws-quote span, .ws-source span { opacity: .65; }
.ws-card mark, .ws-source mark { background: color-mix(in srgb, #fbbf24 45%, transparent); color: inherit;
  padding: .05em .1em; border-radius: .2em; -webkit-box-decoration-break: clone; box-decoration-break: clone; }
.ws-source { max-height: 34rem; overflow-y: auto; font-size: .9rem; line-height: 1.55;
  white-space: pre-wrap; overflow-wrap: anywhere; }
.ws-sheet { display: block; width: 100%; height: auto; border: 1px solid var(--ws-line); border-radius: .3rem; }
.ws-sure { font-weight: 600; }
.ws-facts > .ws-sure { opacity: 1; }
.ws-sure::before { content: ""; display: inline-block; width: .6em; height: .6em; border-radius: 50%;
  margin-right: .45em; background: #d97706; }
.ws-high::before { background: #14a394; }
.ws-medium::before { background: #3b82f6; }
.ws-sides ul { margin: .3rem 0 0; padding-left: 0; list-style: none; }
.ws-sides li { margin: .15rem 0; }
.ws-sides li b { display: inline; font-size: 1rem; opacity: 1; font-weight: 600; }
.ws-trail { overflow-x: auto; padding-bottom: .3rem; }
/* Shown also where scroll bars otherwise hide: else nobody sees that there is more. */
.ws-trail::-webkit-scrollbar { height: .5rem; }
.ws-trail::-webkit-scrollbar-thumb { border-radius: .25rem;
  background: color-mix(in srgb, currentColor 30%, transparent); }
.ws-graph { overflow: auto; border: 1px solid var(--ws-line); border-radius: .6rem; max-height: 80vh; }
.ws-graph img { display: block; margin: 0 auto; max-width: 100%; min-width: 40rem; height: auto; }
.ws-list.ws-list { list-style: none; margin: 0; padding: 0; }
.ws-list.ws-list li { padding: .5rem 0; border-bottom: 1px solid var(--ws-line); margin: 0; }
.ws-list li:last-child { border-bottom: 0; }
.ws-list code { font-size: .82rem; }
.ws-value { overflow-wrap: anywhere; }
.ws-group { font-size: 1rem; margin: .8rem 0 .2rem; }
.ws-findings li { display: flex; gap: .8rem; align-items: baseline; }
.ws-state { flex: none; min-width: 2.6rem; text-align: center; border-radius: 1rem; font-size: .75rem; font-weight: 600;
  padding: .1rem .5rem; background: color-mix(in srgb, #14a394 20%, transparent); }
.ws-bad { background: color-mix(in srgb, #d97706 30%, transparent); }
.ws-trail img { max-width: none; display: block; margin: 0 auto; }
.ws-trail .ws-down { display: none; }
.ws-document { max-height: 32rem; overflow-y: auto; padding: .8rem 1rem; border: 1px solid var(--ws-line);
  border-radius: .6rem; font-size: .9rem; line-height: 1.55; white-space: pre-wrap; overflow-wrap: anywhere; }
.st-key-talks button { min-width: 0; }
.st-key-talks button *, .st-key-suggested button * { justify-content: flex-start; text-align: left; }
.st-key-talks button p { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.st-key-last { min-height: calc(100dvh - 13rem); }
.st-key-last, [class*="st-key-source-panel"] { scroll-margin-top: 4rem; }
.stElementContainer:has(.ws-go) { display: none; }
.st-key-figures { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); }
@media (min-width: 1500px) { .st-key-figures { grid-template-columns: repeat(6, minmax(0, 1fr)); } }
@media (max-width: 640px) {
  .st-key-figures { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .stChatMessage .ws-card { margin-left: -3.4rem; }
  .ws-trail .ws-across { display: none; }
  .ws-trail .ws-down { display: block; }
}
</style>"""
