"""Follow-up questions are made to stand by themselves, by rules.

What a question leaves out is taken from the questions and answers before it, nothing else: ellipsis ("and in
Germany?") is the question before with one constituent replaced, as in Kumar and Joshi 2016 but by rules; pronouns mean
the most salient fitting name, in the order of centering theory (Grosz, Joshi and Weinstein 1995): the subject first.
A question that stands by itself is left as it is, byte for byte.
"""

from rag.followup.names import Name, Names, Past
from rag.followup.rules import rewrite

__all__ = ["Name", "Names", "Past", "rewrite"]
