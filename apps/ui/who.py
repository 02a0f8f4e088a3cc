"""Who has signed in, as a viewer: from what the company's identity provider says of them (OpenID Connect)."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

import rag
from apps.text import Text, closest_language

GROUPS_CLAIM = "groups"
"""The claim that holds a person's groups, unless the command names another."""


class UnknownPersonError(Exception):
    """The identity provider does not say who somebody is."""


def viewer_of(claims: Mapping[str, object], *, groups_claim: str = GROUPS_CLAIM) -> rag.Viewer:
    """Return the viewer that somebody is.

    The id is the e-mail address, in small letters; groups are those of the claim: a list of texts, or one text.

    Parameters
    ----------
    claims
        Of the identity token, which Streamlit has verified.

    Raises
    ------
    UnknownPersonError
        There is no e-mail address, or the provider says that it is not verified.
    """
    email = claims.get("email")
    if not isinstance(email, str) or "@" not in email:
        raise UnknownPersonError
    # A provider that lets people enter any address says so; many say nothing.
    if claims.get("email_verified") in (False, "false"):
        raise UnknownPersonError
    told = claims.get(groups_claim) or ()
    groups = [told] if isinstance(told, str) else told if isinstance(told, list | tuple) else ()
    return rag.Viewer(email.strip().lower(), frozenset(str(one) for one in groups if isinstance(one, str) and one))


def signed_in(groups_claim: str, *, name: str, language: str) -> rag.Viewer | None:
    """Return who has signed in; else draw the way to sign in, or what is missing for that, and return None."""
    text = Text(closest_language(st.context.locale) if language == "auto" else language)
    # Whatever goes wrong here, nobody is let in.
    if "auth" not in _secrets():
        st.error(text("app.no_auth"), icon=":material/error:")
        return None
    if not st.user.is_logged_in:
        st.title(name, anchor=False)
        st.write(text("app.sign_in_explain"))
        st.button(text("app.sign_in"), type="primary", icon=":material/login:", on_click=st.login, key="login")
        return None
    try:
        return viewer_of(st.user.to_dict(), groups_claim=groups_claim)
    except UnknownPersonError:
        st.error(text("app.unknown_person"), icon=":material/error:")
        st.button(text("app.sign_out"), on_click=st.logout, key="logout")
        return None


def _secrets() -> Mapping[str, object]:
    try:
        return st.secrets.to_dict()
    except FileNotFoundError:
        return {}
