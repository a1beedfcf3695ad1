"""Which passwords are refused: what anybody would try first, and no sentence of one's own."""

from __future__ import annotations

import time

import pytest

from webshop.domain.passwords import PasswordProblem, find_problem


@pytest.mark.parametrize(
    "password",
    [
        "wachtwoord123", "Wachtwoord2026!", "W@chtw00rd1234", "welkom123456", "Welkom2026!!!!", "passwordpassword",
        "P@$$w0rd2026", "123456789012", "111111111111", "qwertyuiop12", "qwertyuiop[]\\", "abcabcabcabc",
        "Feyenoord1908", "correct horse battery staple", "iloveyou1234", "ikhouvanjou1", "            ",
        "zomer2026zomer", "Amazon-SnelStart", "aaaaaaaaaaaaa", "!!!!!!!!!!!!", "letmeinletmein", "ditismijnwachtwoord",
        "1qaz2wsx3edc", "superman1985!", "maandag-dinsdag", "x" * 1000,
    ],
)  # fmt: skip
def test_what_everybody_tries_is_refused(password: str) -> None:
    assert find_problem(password) == PasswordProblem.COMMON


@pytest.mark.parametrize(
    "password",
    [
        "vier kippen eten graag andijvie", "kX7#pq2Lmw9Z", "mijn fiets kraakt als een oude zeehond", "tr0ubadour&3xyl",
        " ✓ héél langzaam ", "zeeppompje-stoffig", "\U0001f600" * 3 + "giechelende", "a1!" + "geweldenaarsgezeur" * 50,
        "boterham.kruk.zwaluw.tent",
    ],
)  # fmt: skip
def test_a_sentence_or_noise_of_ones_own_is_taken(password: str) -> None:
    assert find_problem(password, own=["noor@fietsbel.nl", "Noor de Vries", "Fietsbel & Zo"]) is None


@pytest.mark.parametrize("password", ["fietsbelenzo1", "noor.devries.2026", "NoorFietsbel!", "fietsbelfietsbel"])
def test_ones_own_name_is_no_secret(password: str) -> None:
    problem = find_problem(password, own=["noor@bellenwinkel.nl", "Noor de Vries", "Fietsbel en Zo"])
    assert problem in (PasswordProblem.OWN_NAME, PasswordProblem.COMMON)
    assert find_problem("noordevries-kapstok-9", own=["Noor de Vries"]) is None


@pytest.mark.parametrize(("password", "problem"), [
    ("kX7#pq2Lmw9", PasswordProblem.SHORT),
    ("", PasswordProblem.SHORT),
    ("kX7#pq2Lmw9Z" * 86, PasswordProblem.LONG),
    ("€" * 342, PasswordProblem.LONG),
])  # fmt: skip
def test_the_length_counts(password: str, problem: PasswordProblem) -> None:
    assert find_problem(password) == problem
    assert find_problem("kX7#pq2Lmw9Z" * 85) is None


@pytest.mark.parametrize("password", ["kx7#pq2lmw9z", "KX7#PQ2LMW9Z", "kXd#pqeLmwFZ", "kX7fpq2Lmw9Z"])
def test_only_staff_must_mix_kinds_of_characters(password: str) -> None:
    assert find_problem(password) is None
    assert find_problem(password, is_staff=True) == PasswordProblem.KINDS
    assert find_problem("kX7#pq2Lmw9Z", is_staff=True) is None


def test_the_longest_password_is_judged_at_once() -> None:
    started = time.process_time()
    find_problem("wachtwoord" * 102, own=["x" * 200])
    assert time.process_time() - started < 1
