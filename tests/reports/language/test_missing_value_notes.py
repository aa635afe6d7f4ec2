from reports.language.missing_value_notes import reasons_told


def test_alike_reasons_stand_in_one_sentence_by_hand() -> None:
    entries = [
        ("not estimable: 0 positives", "slope"),
        (None, "Brier score"),
        ("zero width", "kappa"),
        ("not estimable: 0 positives", "intercept"),
    ]
    assert reasons_told(entries) == (
        "Not estimable (0 positives): slope and intercept.",
        "Interval not given, zero width: kappa.",
    )


def test_nothing_lacking_is_nothing_told() -> None:
    assert reasons_told([(None, "slope")]) == ()
