"""Every rule of the protocol's keys: the value that breaks it, the key's path and the sentence."""

import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from protocols.errors import ProtocolError
from protocols.schema.load import parse_protocol
from protocols.schema.protocol import Protocol

PARTS = {
    "top": 'schema = "cxr510k-protocol/1"\nid = "x"\nversion = 1\ntitle = "t"\n',
    "claim": '[claim]\ntype = "triage"\nfinding = "f"\n',
    "reference_standard": '[reference_standard]\nkind = "consensus"\nrule = "majority"\n',
    "operating_point": '[operating_point]\nthreshold = 0.5\nsource = "s"\n',
    "further": "",
}
CRITERION = {
    "id": '"SE"',
    "metric": '"sensitivity"',
    "subgroup": '"overall"',
    "bound": '"lower"',
    "goal": "0.8",
    "justification": '"j"',
}
TRAINING = {
    "label": '"Pneumonia"',
    "label_source": '"text_mined"',
    "network": '"compact"',
    "image_size": "128",
    "batch_size": "32",
    "epochs": "10",
    "patience": "3",
    "learning_rate": "0.001",
    "warmup_epochs": "1",
    "weight_decay": "0.0001",
    "clip_norm": "1.0",
    "dropout": "0.1",
    "precision": '"float32"',
    "calibration": '"none"',
    "seed": "1",
}
AUGMENTATION = {
    "turn_degrees": "5.0",
    "shift": "0.05",
    "zoom": "0.1",
    "brightness": "0.1",
    "contrast": "0.1",
    "mirror": "false",
}
SEX = '[[subgroups]]\naxis = "sex"\n'


def parsed(**parts: str) -> Protocol:
    return parse_protocol("".join((PARTS | parts).values()).encode(), source="p.toml").protocol


def keys(values: dict[str, str]) -> str:
    return "".join(f"{key} = {value}\n" for key, value in values.items())


def criterion(**values: str) -> str:
    return "[[criteria]]\n" + keys(CRITERION | values)


def training(**values: str) -> str:
    return "[training]\n" + keys(TRAINING | values) + "[training.augmentation]\n" + keys(AUGMENTATION)


def augmentation(**values: str) -> str:
    return "[training]\n" + keys(TRAINING) + "[training.augmentation]\n" + keys(AUGMENTATION | values)


def top(**values: str) -> str:
    return keys({"schema": '"cxr510k-protocol/1"', "id": '"x"', "version": "1", "title": '"t"'} | values)


@pytest.mark.parametrize(
    ("part", "text", "sentence"),
    [
        (
            "top",
            top(schema='"cxr510k-protocol/2"'),
            r"schema: should be 'cxr510k-protocol/1'; received 'cxr510k-protocol/2'",
        ),
        ("top", top(id='"a b"'), r"id: should match pattern .*; received 'a b'"),
        ("top", top(id='""'), r"id: should match"),
        ("top", top(version="0"), r"version: should be greater than or equal to 1; received 0"),
        ("top", top(version="1.0"), r"version: should be a valid integer; received 1.0"),
        ("top", top(version="true"), r"version: should be a valid integer; received True"),
        ("top", top(title='""'), r"title: should have at least 1 character"),
        ("top", top(title="2020-01-01"), r"title: should be text"),
        ("top", top(stage='"final"'), r"stage: should be 'exploratory' or 'confirmatory'; received 'final'"),
        (
            "top",
            top(author='"me"'),
            r"author: this key is not known; known here are analysis, bootstrap, claim, ",
        ),
        (
            "top",
            top().replace("schema", "schema_"),
            r"schema_: this key is not known",
        ),  # the suite's own spelling
        (
            "claim",
            '[claim]\ntype = "cure"\nfinding = "f"\n',
            r"claim\.type: should be 'triage', 'detection' or",
        ),
        ("claim", '[claim]\ntype = "triage"\n', r"claim\.finding: this key is required and missing"),
        (
            "claim",
            PARTS["claim"] + "use = 1\n",
            r"claim\.use: this key is not known; known here are finding, type\.",
        ),
        (
            "operating_point",
            "[operating_point]\nthreshold = 0.5\n",
            r"operating_point: needs either threshold and source",
        ),
        ("operating_point", '[operating_point]\nfrom = "model"\n', r"operating_point: needs either"),
        (
            "operating_point",
            PARTS["operating_point"] + 'from = "model"\nrule = "youden"\n',
            r"operating_point: needs either threshold and source, or from = \"model\" and rule\.",
        ),
        (
            "operating_point",
            '[operating_point]\norigin = "model"\nrule = "youden"\n',
            r"operating_point\.origin: this key is not known; known here are from, rule, source, threshold\.",
        ),
        (
            "operating_point",
            '[operating_point]\nfrom = "file"\nrule = "youden"\n',
            r"operating_point\.from: should be 'model'",
        ),
    ],
)
def test_refusals_of_the_required_tables_by_hand(part: str, text: str, sentence: str) -> None:
    with pytest.raises(ProtocolError, match="p.toml: " + sentence):
        parsed(**{part: text})


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "-0.01", "1.01", "true", '"0.5"'])
def test_impossible_thresholds_by_hand(value: str) -> None:
    with pytest.raises(ProtocolError, match=r"operating_point\.threshold: should be .*; received"):
        parsed(operating_point=f'[operating_point]\nthreshold = {value}\nsource = "s"\n')


@pytest.mark.parametrize(("value", "threshold"), [("0", 0.0), ("1", 1.0), ("0.02", 0.02)])
def test_possible_thresholds_by_hand(value: str, threshold: float) -> None:
    protocol = parsed(operating_point=f'[operating_point]\nthreshold = {value}\nsource = "s"\n')
    assert protocol.operating_point.threshold == threshold


@pytest.mark.parametrize(
    ("rule", "known"),
    [
        ("max_f1", True),
        ("youden", True),
        ("sensitivity_at_least:0.90", True),
        ("sensitivity_at_least:1", True),
        ("sensitivity_at_least:1.0", True),
        ("sensitivity_at_least:0", False),
        ("sensitivity_at_least:0.0", False),
        ("sensitivity_at_least:1.1", False),
        ("sensitivity_at_least:90%", False),
        ("specificity_at_least:0.9", False),
        ("", False),
    ],
)
def test_rules_of_the_operating_point_by_hand(rule: str, known: bool) -> None:
    text = f'[operating_point]\nfrom = "model"\nrule = "{rule}"\n'
    if known:
        assert parsed(operating_point=text).operating_point.rule == rule
    else:
        with pytest.raises(
            ProtocolError, match=r"operating_point\.rule: (must be sensitivity_at_least|should have)"
        ):
            parsed(operating_point=text)


@pytest.mark.parametrize(
    ("rule", "known"),
    [
        ("majority", True),
        ("unanimous", True),
        ("any", True),
        ("at_least:2", True),
        ("adjudicated:Dr A", True),
        ("at_least:0", False),
        ("at_least:", False),
        ("at_least:-1", False),
        ("adjudicated:", False),
        ("adjudicated", False),
        ("most", False),
    ],
)
def test_rules_of_the_reference_standard_by_hand(rule: str, known: bool) -> None:
    text = f'[reference_standard]\nkind = "adjudicated"\nrule = "{rule}"\n'
    if known:
        assert parsed(reference_standard=text).reference_standard.rule == rule
    else:
        with pytest.raises(
            ProtocolError, match=r"reference_standard\.rule: must be majority, unanimous, any, at_least:K"
        ):
            parsed(reference_standard=text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[analysis]\nunit = "lung"\n', r"analysis\.unit: should be 'image' or 'patient'; received 'lung'"),
        (
            '[missing]\nindeterminate = "drop"\n',
            r"missing\.indeterminate: should be 'worst_case' or 'exclude'",
        ),
        (
            "[bootstrap]\nreplicates = 999\n",
            r"bootstrap\.replicates: should be greater than or equal to 1000; received 999",
        ),
        (
            "[bootstrap]\nreplicates = 100001\n",
            r"bootstrap\.replicates: should be less than or equal to 100000",
        ),
        ("[bootstrap]\nreplicates = 1e4\n", r"bootstrap\.replicates: should be a valid integer"),
        (
            "[bootstrap]\nconfidence_level = 0.5\n",
            r"bootstrap\.confidence_level: should be greater than 0\.5",
        ),
        ("[bootstrap]\nconfidence_level = 1.0\n", r"bootstrap\.confidence_level: should be less than 1"),
        ("[bootstrap]\nconfidence_level = nan\n", r"bootstrap\.confidence_level: should be .*; received nan"),
        ("[bootstrap]\nseed = -1\n", r"bootstrap\.seed: should be greater than or equal to 0; received -1"),
        (
            "[bootstrap]\nseed = 18446744073709551616\n",
            r"bootstrap\.seed: should be less than",
        ),  # Philox keys are 64 bits
        (
            '[decision]\nother = "wilson"\n',
            r"decision\.other: should be 'percentile', 'bca', 'delong_clustered', 'delong_student' or "
            "'delong_newcombe'",
        ),
        ("[minimum]\npatients = 0\n", r"minimum\.patients: should be greater than or equal to 1; received 0"),
        (
            "[minimum]\nnegative_patients = -3\n",
            r"minimum\.negative_patients: should be greater than or equal to 1",
        ),
        (
            '[columns.boxes]\nimage_id = "x"\n',
            r"columns\.boxes: this key is not known; known here are labels, predictions, reads, ",
        ),
        ('[format]\ndelimiter = ";"\n', r"format\.delimiter: this key is not known; known here are labels, "),
        ('[format.reads]\ndelimiter = ":"\n', r"format\.reads\.delimiter: should be ',', ';', '\\t' or '\|'"),
        ('[format.reads]\ndecimal = ";"\n', r"format\.reads\.decimal: should be '\.' or ','"),
        ('[columns.reads]\nimage_id = ""\n', r"columns\.reads\.image_id: should have at least 1 character"),
        ('[values]\nsex = "F"\n', r"values\.sex: should be a table"),
        ("[values.sex]\nFemale = 1\n", r"values\.sex\.Female: should be text; received 1"),
        ("[cohort]\nname = 1\n", r"cohort: this key is not known"),  # tables that later work defines
        ("[submission]\nname = 1\n", r"submission\.name: this key is not known"),
        ("[submission]\nsponsor = ''\n", r"submission\.sponsor: should have at least 1 character"),
        (
            "[submission.predicate]\nname = 'P'\n",
            r"submission\.predicate\.number: this key is required and missing",
        ),
        (
            "[[risk]]\nid = 'R'\nhazard = 'h'\nsituation = 's'\nmeasure = 'm'\ncriterion = 'NONE'\n",
            r"risk 'R': criterion 'NONE' is not in \[\[criteria\]\]; those there are",
        ),
        ("[bootstrap]\nstrata = 'sex'\n", r"bootstrap\.strata: should be 'none' or 'class'"),
        (
            "[bootstrap]\ncluster = 'view'\n",
            r"bootstrap\.cluster: must be 'patient_id' or a column of studies in which patients nest, such as 'site'; "
            r"patients do not nest in 'view'",
        ),
        ("[bootstrap]\ncluster = ''\n", r"bootstrap\.cluster: "),
        (
            "[bootstrap]\ncluster = 'site'\nstrata = 'class'\n",
            r'bootstrap\.strata: "class" divides patients .* needs bootstrap\.cluster = "patient_id", received "site"',
        ),
        (
            "[bootstrap]\ncluster = 'weight'\n[weights]\ncolumn = 'weight'\n",
            r"bootstrap\.cluster: column 'weight' is read as numbers",
        ),
        ("[prevalences]\nat = []\n", r"prevalences\.at: must be 1 to 20 rising proportions; received \[\]"),
        (
            "[prevalences]\nat = [0.2, 0.1]\n",
            r"prevalences\.at: must be 1 to 20 rising proportions; received \[0\.2, 0\.1\]",
        ),
        ("[prevalences]\nat = [0.0]\n", r"prevalences\.at\.1: should be greater than 0"),
        ("[prevalences]\nat = [1.0]\n", r"prevalences\.at\.1: should be less than 1"),
        ("[family]\naxes = ['sex']\n", r"family\.metrics: this key is required and missing"),
        ("[family]\naxes = []\nmetrics = ['f1']\n", r"family\.axes: must name at least one; received \[\]"),
        ("[family]\naxes = ['sex']\nmetrics = ['ppv']\n", r"family\.metrics\.1: should be 'sensitivity'"),
        (
            "[family]\naxes = ['race']\nmetrics = ['f1']\n",
            r"family: axis 'race' is not in \[\[subgroups\]\]; those",
        ),
        ("[weights]\ncolumn = ''\n", r"weights\.column: should have at least 1 character"),
        (
            "[weights]\ncolumn = 'w'\n[analysis]\nunit = 'patient'\n",
            r"weights: weights are of images; they need analysis\.unit",
        ),
        ("[change_control]\nname = 1\n", r"change_control: this key is not known"),
    ],
)
def test_refusals_of_the_tables_with_defaults_by_hand(text: str, sentence: str) -> None:
    with pytest.raises(ProtocolError, match="p.toml: " + sentence):
        parsed(further=text)


@pytest.mark.parametrize("replicates", [1_000, 100_000])
def test_replicates_at_their_bounds_by_hand(replicates: int) -> None:
    assert parsed(further=f"[bootstrap]\nreplicates = {replicates}\n").bootstrap.replicates == replicates


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            '[[subgroups]]\naxis = "age_years"\n',
            r"subgroups\.1: axis 'age_years' is numeric and needs cut_points",
        ),
        (
            '[[subgroups]]\naxis = "mse"\ncut_points = []\n',
            r"subgroups\.1: cut_points must rise; received \[\]",
        ),
        (
            '[[subgroups]]\naxis = "mse"\ncut_points = [2, 1]\n',
            r"subgroups\.1: cut_points must rise; received \[2\.0, 1\.0\]",
        ),
        ('[[subgroups]]\naxis = "mse"\ncut_points = [1, 1]\n', r"subgroups\.1: cut_points must rise"),
        (
            '[[subgroups]]\naxis = "mse"\ncut_points = [1, inf]\n',
            r"subgroups\.1\.cut_points\.2: should be a finite number",
        ),
        (
            '[[subgroups]]\naxis = "mse"\ncut_points = 18\n',
            r"subgroups\.1\.cut_points: should be a list; received 18",
        ),
        (
            '[[subgroups]]\naxis = "mse"\ncut_points = ["18"]\n',
            r"subgroups\.1\.cut_points\.1: should be a valid number",
        ),
        (
            '[[subgroups]]\naxis = "sex"\ncut_points = [1]\n',
            r"subgroups\.1: axis 'sex' is not numeric and takes no cut_points",
        ),
        (
            '[[subgroups]]\naxis = ["sex"]\n',
            r"subgroups\.1: an intersection needs two or more different axes",
        ),
        (
            '[[subgroups]]\naxis = ["sex", "sex"]\n',
            r"subgroups\.1: an intersection needs two or more different axes",
        ),
        (
            '[[subgroups]]\naxis = ["sex", "view"]\ncut_points = [1]\n',
            r"subgroups\.1: an intersection has no cut_points",
        ),
        (
            '[[subgroups]]\naxis = ["sex", "age_years"]\n',
            r"subgroups 'sex,age_years': 'age_years' is numeric; give it an entry",
        ),
        ('[[subgroups]]\naxis = "sex,view"\n', r"subgroups\.1: axis 'sex,view' contains a comma"),
        ("[[subgroups]]\naxis = 3\n", r"subgroups\.1\.axis: should be text; received 3"),
        ("[[subgroups]]\ncut_points = [1]\n", r"subgroups\.1\.axis: this key is required and missing"),
        ('[subgroups]\naxis = "sex"\n', r"subgroups: should be a list"),
        (SEX + SEX, r"subgroups: duplicate 'sex'"),
        (
            '[[sensitivity]]\nid = "a"\nexclude = {column = "m", above = nan}\n',
            r"sensitivity\.1\.exclude\.above: should be a finite",
        ),
        (
            '[[sensitivity]]\nid = "a"\nexclude = {column = "m"}\n',
            r"sensitivity\.1\.exclude\.above: this key is required",
        ),
        (
            '[[sensitivity]]\nid = "all_best"\nexclude = {column = "m", above = 1}\n',
            r"sensitivity\.1\.id: is the name of an",
        ),
        (
            '[[sensitivity]]\nid = "a"\nexclude = {column = "m", above = 1}\n' * 2,
            r"sensitivity: duplicate 'a'",
        ),
    ],
)
def test_refusals_of_subgroups_and_sensitivity_by_hand(text: str, sentence: str) -> None:
    with pytest.raises(ProtocolError, match="p.toml: " + sentence):
        parsed(further=text)


CONFIRMATORY = top(stage='"confirmatory"')


@pytest.mark.parametrize("further", ["", criterion(role='"consistency"')])
def test_a_confirmatory_protocol_without_a_criterion_of_acceptance_is_refused(further: str) -> None:
    with pytest.raises(ProtocolError, match=r'criteria: stage = "confirmatory" needs at least one criterion'):
        parsed(top=CONFIRMATORY, further=further)
    assert parsed(top=CONFIRMATORY, further=further + criterion(id='"ACC"')).stage == "confirmatory"
    assert parsed(further=further).stage == "exploratory"


def test_a_missing_criterion_is_told_with_the_other_faults() -> None:
    with pytest.raises(ProtocolError) as refused:
        parsed(top=CONFIRMATORY, further="[minimum]\nunknown_at_most = 1.5\n")
    assert "unknown_at_most" in str(refused.value)
    assert 'stage = "confirmatory" needs' in str(refused.value)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"id": '""'}, r"criteria\.1\.id: should have at least 1 character"),
        (
            {"metric": '"sensitivty"'},
            r"criteria\.1\.metric: should be 'sensitivity', 'specificity', 'f1', 'ppv', 'npv', 'accuracy', "
            r"'balanced_accuracy', 'lr_positive', 'lr_negative', 'prevalence', 'auroc', 'average_precision' or "
            r"'brier'; received 'sensitivty'",
        ),
        (
            {"subgroup": '"all"'},
            r"criteria\.1\.subgroup: should be \"overall\" or a table such as .*; received 'all'",
        ),
        ({"subgroup": '{axis = "sex"}'}, r"criteria\.1\.subgroup\.level: this key is required and missing"),
        (
            {"subgroup": '{axis = "sex", level = "F", of = 1}'},
            r"criteria\.1\.subgroup\.of: this key is not known; .* axis, level",
        ),
        (
            {"subgroup": '{axis = "sex", level = "F"}'},
            r"criteria 'SE': axis 'sex' is not in \[\[subgroups\]\]; those there are none",
        ),
        (
            {"subgroup": '{axis = "sex", level = "*"}'},
            r"criteria 'SE': axis 'sex' is not in \[\[subgroups\]\]",
        ),
        ({"bound": '"mid"'}, r"criteria\.1\.bound: should be 'lower', 'upper' or 'estimate'; received 'mid'"),
        (
            {"bound": '"estimate"'},
            r"criteria\.1\.role: bound = \"estimate\" decides nothing alone; it needs role = \"consistency\"",
        ),
        (
            {"goal": "1.2"},
            r"criteria\.1\.goal: the goal of sensitivity must be between 0 and 1; received 1\.2",
        ),
        (
            {"goal": "-0.1"},
            r"criteria\.1\.goal: the goal of sensitivity must be between 0 and 1; received -0\.1",
        ),
        ({"goal": "nan"}, r"criteria\.1\.goal: should be a finite number; received nan"),
        ({"metric": '"lr_positive"', "goal": "inf"}, r"criteria\.1\.goal: should be a finite number"),
        (
            {"metric": '"lr_negative"', "goal": "-1"},
            r"criteria\.1\.goal: the goal of lr_negative must be 0 or more",
        ),
        (
            {"role": '"primary"'},
            r"criteria\.1\.role: should be 'acceptance' or 'consistency'; received 'primary'",
        ),
        ({"justification": '""'}, r"criteria\.1\.justification: should have at least 1 character"),
    ],
)
def test_refusals_of_a_criterion_by_hand(values: dict[str, str], sentence: str) -> None:
    with pytest.raises(ProtocolError, match="p.toml: " + sentence):
        parsed(further=criterion(**values))


def test_a_criterion_on_a_lacking_axis_lists_those_there_by_hand() -> None:
    with pytest.raises(
        ProtocolError, match=r"axis 'site' is not in \[\[subgroups\]\]; those there are sex, sex,view, view\."
    ):
        parsed(
            further=SEX
            + '[[subgroups]]\naxis = "view"\n[[subgroups]]\naxis = ["sex", "view"]\n'
            + criterion(subgroup='{axis = "site", level = "A"}')
        )


def test_two_criteria_of_one_name_by_hand() -> None:
    with pytest.raises(ProtocolError, match=r"criteria: duplicate 'SE'; give each entry its own name\."):
        parsed(further=criterion() + criterion())


@pytest.mark.parametrize(
    "values",
    [
        {"goal": "0"},
        {"goal": "1"},
        {"metric": '"lr_positive"', "goal": "12.5"},
        {"bound": '"estimate"', "role": '"consistency"'},
        {"subgroup": '{axis = "sex,view", level = "F,PA"}'},
        {"subgroup": '{axis = "sex", level = "*"}'},
    ],
)
def test_possible_criteria_by_hand(values: dict[str, str]) -> None:
    groups = SEX + '[[subgroups]]\naxis = ["sex", "view"]\n'
    assert parsed(further=groups + criterion(**values)).criteria[0].id == "SE"


def test_an_intersection_is_named_by_its_parts_by_hand() -> None:
    protocol = parsed(
        further='[[subgroups]]\naxis = ["age_years", "sex"]\n[[subgroups]]\naxis = "age_years"\ncut_points = [18, 65]\n'
    )
    assert (protocol.subgroups[0].name, protocol.subgroups[0].parts) == (
        "age_years,sex",
        ("age_years", "sex"),
    )
    assert protocol.cut_points("age_years") == (18.0, 65.0)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("label", '""'),
        ("network", '"resnet50"'),
        ("image_size", "31"),
        ("image_size", "1025"),
        ("batch_size", "0"),
        ("epochs", "0"),
        ("epochs", "1.5"),
        ("patience", "0"),
        ("learning_rate", "0"),
        ("learning_rate", "nan"),
        ("learning_rate", "1.5"),
        ("weight_decay", "-0.1"),
        ("weight_decay", "inf"),
        ("seed", "-1"),
        ("seed", "2147483648"),
        ("warmup_epochs", "-1"),
        ("clip_norm", "0"),
        ("dropout", "1.0"),
        ("precision", '"float16"'),
        ("calibration", '"isotonic"'),
        ("initial_weights_sha256", '"abc"'),
    ],
)
def test_refusals_of_training_by_hand(key: str, value: str) -> None:
    with pytest.raises(ProtocolError, match=rf"p\.toml: training\.{key}: should "):
        parsed(further=training(**{key: value}))


def test_training_has_no_defaults_by_hand() -> None:
    with pytest.raises(ProtocolError) as refusal:
        parsed(further="[training]\n")
    assert refusal.value.faults == [
        f"p.toml: training.{key}: this key is required and missing." for key in (*TRAINING, "augmentation")
    ]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"heads": '["Mass", "Nodule"]'},
            r"heads must contain the label 'Pneumonia'; received \['Mass', 'Nodule'\]",
        ),
        ({"heads": '["Pneumonia", "Pneumonia"]'}, r"heads must differ"),
        ({"warmup_epochs": "10"}, r"warmup_epochs must be fewer than epochs; received 10 of 10"),
    ],
)
def test_refusals_between_keys_of_training_by_hand(values: dict[str, str], sentence: str) -> None:
    with pytest.raises(ProtocolError, match=sentence):
        parsed(further=training(**values))


def test_heads_by_hand() -> None:
    alone = parsed(further=training()).training
    several = parsed(further=training(heads='["Mass", "Pneumonia"]')).training
    assert alone and several
    assert (alone.outputs, alone.primary) == (("Pneumonia",), 0)
    assert (several.outputs, several.primary) == (("Mass", "Pneumonia"), 1)


@pytest.mark.parametrize(
    ("key", "value"),
    [("turn_degrees", "46"), ("shift", "-0.1"), ("zoom", "0.6"), ("contrast", "nan"), ("mirror", "1")],
)
def test_refusals_of_augmentation_by_hand(key: str, value: str) -> None:
    with pytest.raises(ProtocolError, match=rf"p\.toml: training\.augmentation\.{key}: should "):
        parsed(further=augmentation(**{key: value}))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("views = []", "views: must name at least one"),
        ('views = ["OBLIQUE"]', "views.1: should be"),
        (
            "age_years = [90, 2]",
            r"age_years: must be the youngest and the oldest age; received \[90.0, 2.0\]",
        ),
        ("age_years = [2]", "age_years"),
        ("smallest_side = 8", "smallest_side: should be"),
    ],
)
def test_refusals_of_the_input_gate_by_hand(text: str, sentence: str) -> None:
    with pytest.raises(ProtocolError, match=sentence):
        parsed(further=f"[input_gate]\n{text}\n")


@pytest.mark.parametrize("share", ["0", "1", "nan", "-0.1"])
def test_refusals_of_the_split_by_hand(share: str) -> None:
    with pytest.raises(ProtocolError, match=r"p\.toml: split\.tune_share: should be "):
        parsed(further=f'[split]\nsalt = "s"\ntune_share = {share}\n')


def test_a_protocol_cannot_be_changed_by_hand() -> None:
    with pytest.raises(ValueError, match="frozen"):
        parsed().bootstrap.seed = 1


REFERENCE = Path(__file__).parents[3] / "docs" / "reference"
KEYS = "\n".join(
    (REFERENCE / name).read_text(encoding="utf-8")
    for name in ("protocol.md", "protocol-criteria.md", "protocol-device.md", "submission.md")
)
EXAMPLE = (REFERENCE / "protocol-example.md").read_text(encoding="utf-8")


def test_the_example_of_the_documentation_against_itself() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", EXAMPLE, flags=re.DOTALL)
    protocol = parse_protocol(example.encode(), source="docs/reference/protocol-example.md").protocol
    assert protocol.model_fields_set == set(Protocol.model_fields)  # complete: every table is there


def keys_of(model: type[BaseModel]) -> set[str]:
    """Every key of a table and of the tables inside."""
    found = set()
    for name, field in model.model_fields.items():
        found.add(field.alias or name)
        for inner in models_of(field.annotation):
            found |= keys_of(inner)
    return found


def models_of(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in models_of(part)]


def test_the_documentation_has_every_key_against_itself() -> None:
    missing = {key for key in keys_of(Protocol) if not re.search(rf"[`.\[]{key}\b", KEYS)}
    assert not missing
