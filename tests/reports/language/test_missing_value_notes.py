from reports.language.missing_value_notes import missing_value_notes


def test_alike_reasons_stand_in_one_sentence_by_hand() -> None:
    entries = [
        ("not estimable: 0 positives", "slope"),
        (None, "Brier score"),
        ("zero width", "kappa"),
        ("not estimable: 0 positives", "intercept"),
    ]
    assert missing_value_notes(entries) == (
        "Not estimable (0 positives): slope and intercept.",
        "Interval not given, zero width: kappa.",
    )


def test_nothing_missing_is_no_note() -> None:
    assert missing_value_notes([(None, "slope")]) == ()
