"""The page of a cohort's profile, and its part of a report."""

import html
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from protocols.cohorts.phantom import generate as phantom
from protocols.cohorts.profile.profile_record import PROFILE, read_profile
from protocols.cohorts.profile.write import write_profile
from protocols.errors import BadInputError, EvidenceDiffersError
from protocols.progress import silent
from protocols.storage.canonical import csv_text, write_text
from protocols.storage.run_folder import RunFolder
from reports.content.run_evidence import report_context
from reports.pages.all_figures import gallery
from reports.pages.profile import profile_html
from reports.pages.report import report_page


def write_rows(path: Path, rows: Sequence[Sequence[str]]) -> None:
    write_text(path, csv_text(rows[0], rows[1:]))


def table_cohort(folder: Path, *, findings: int = 2, site: str = "north") -> Path:
    """40 images without files, and as many findings as asked for."""
    images = [f"i{number:02d}" for number in range(40)]
    names = [f"F{number:02d}" for number in range(findings)]
    studies = [("image_id", "patient_id", "age_years", "sex", "view", "site")]
    studies += [(image, image, "", "", "", site) for image in images]
    labels = [("image_id", *names)]
    labels += [
        (image, *(str(int(row % (place + 2) == 0)) for place in range(findings)))
        for row, image in enumerate(images)
    ]
    write_rows(folder / "studies.csv", studies)
    write_rows(folder / "labels.csv", labels)
    write_profile(folder, folder, finding=None, progress=silent)
    return folder


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantoms")
    phantom.generate(folder, patients=10, workers=1, progress=lambda done, total: None)
    write_profile(folder, folder, finding=None, progress=silent)
    return folder


@pytest.fixture(scope="module", params=["phantoms", "tables"])
def document(request: pytest.FixtureRequest, phantoms: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    if request.param == "phantoms":
        return profile_html(phantoms)
    return profile_html(table_cohort(tmp_path_factory.mktemp("tables")))


def seen(document: str) -> str:
    """What a reader sees."""
    without = re.sub(r"<(style|title)>.*?</\1>", " ", document, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", without)).split())


def test_it_asks_for_nothing_outside_itself(document: str) -> None:
    assert "<script" not in document
    assert "<link" not in document
    assert all(address.startswith("data:") for address in re.findall(r'\bsrc="([^"]*)"', document))
    assert all(address.startswith(("data:", "#")) for address in re.findall(r"url\(([^)]*)\)", document))
    assert all(address.startswith("#") for address in re.findall(r'\bhref="([^"]*)"', document))
    assert set(re.findall(r"https?://[^\"' <]*", document)) <= {"http://www.w3.org/2000/svg"}


def test_every_figure_says_in_words_what_it_shows(document: str) -> None:
    drawings = re.findall(r"<svg.*?</svg>", document, re.DOTALL)
    assert drawings
    assert all(re.search(r"<title>[^<]{20,}</title>", drawing) for drawing in drawings)
    assert all(re.search(r'alt="[^"]{20,}"', image) for image in re.findall(r"<img[^>]*>", document))


def test_nothing_is_blank_or_not_a_number(document: str) -> None:
    assert not re.search(r"\b(nan|NaN|None|inf)\b", seen(document))
    assert not re.search(r'<td class="n[^"]*">\s*</td>', document)


@pytest.mark.parametrize("kind", ["Table", "Figure"])
def test_captions_are_numbered_in_order(document: str, kind: str) -> None:
    numbers = [int(number) for number in re.findall(rf"<b>{kind} (\d+)\.</b>", document)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert numbers


def test_the_same_profile_gives_the_same_page_against_itself(phantoms: Path) -> None:
    assert profile_html(phantoms) == profile_html(phantoms)


def test_phantoms_are_marked_everywhere_by_hand(phantoms: Path) -> None:
    text = profile_html(phantoms)
    captions = re.findall(r"<(?:fig)?caption>.*?</(?:fig)?caption>", text, re.DOTALL)
    assert captions
    assert all("PHANTOM" in caption for caption in captions)
    assert text.count("data:image/png") == 1


def test_its_numbers_are_the_profiles_own(phantoms: Path) -> None:
    profile, text = read_profile(phantoms / PROFILE), seen(profile_html(phantoms))
    assert f"{profile.images} images of 10 patients" in text
    for remark in profile.remarks:
        assert " ".join(remark.sentence.split()) in text
    assert profile.reads is not None
    for reader in profile.reads.readers:
        assert f"{reader.reader_id} {reader.positive} {reader.negative} {reader.indeterminate}" in text


def test_without_pictures_it_says_so_by_hand(tmp_path: Path) -> None:
    text = profile_html(table_cohort(tmp_path))
    assert "The cohort names no image file that is there" in text
    assert "<img" not in text


def test_names_of_the_data_are_text_and_never_markup_by_hand(tmp_path: Path) -> None:
    text = profile_html(table_cohort(tmp_path, site="<script>alert(1)</script> 東京"))
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; 東京" in text


def test_of_many_findings_the_figures_show_the_most_frequent_by_hand(tmp_path: Path) -> None:
    text = seen(profile_html(table_cohort(tmp_path, findings=40)))
    assert "Shown are the 36 most frequent of 40." in text
    assert "Shown are the 18 most frequent of 40 findings." in text


def test_a_folder_without_a_profile_is_refused_by_hand(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cohort --profile"):
        profile_html(tmp_path)


@pytest.fixture
def profiled(run_of: Callable[[str], RunFolder], tmp_path: Path) -> RunFolder:
    """A run whose inputs hold the profile of its own tables."""
    run = RunFolder(tmp_path / "run")
    shutil.copytree(run_of("passing").root, run.root)
    write_profile(run.inputs, run.inputs, finding=None, progress=silent)
    return run


def test_a_report_tells_the_profile_among_its_inputs_by_hand(profiled: RunFolder) -> None:
    context = report_context(profiled)
    assert context.profile is not None
    document = report_page(context, gallery(context))
    text = seen(document)
    assert "The cohort before anything was trained or measured" in text
    for kind in ("Table", "Figure"):
        numbers = [int(number) for number in re.findall(rf"<b>{kind} (\d+)\.</b>", document)]
        assert numbers == list(range(1, len(numbers) + 1))


def test_a_report_without_a_profile_says_nothing_of_it_by_hand(page_of: Callable[[str], str]) -> None:
    assert "The cohort before anything was trained" not in page_of("passing")


def test_a_profile_of_other_images_is_refused_by_hand(profiled: RunFolder, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    table_cohort(other)
    shutil.copy(other / PROFILE, profiled.inputs / PROFILE)
    with pytest.raises(EvidenceDiffersError, match="profile of other images"):
        report_context(profiled)
