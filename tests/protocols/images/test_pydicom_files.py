"""Every file that ships with pydicom: decoded as pydicom decodes it, or listed here with the reason."""

import warnings
from pathlib import Path

import numpy as np
import pydicom
import pydicom.data
import pytest

from protocols.images.decode import decode_image
from protocols.images.folder import UndecodableImageError
from tests.protocols.images.mutations import by_another_decoder

FILES = {path.name: path for path in sorted(Path(pydicom.data.__file__).parent.rglob("*.dcm"))}
REASONS = {
    "has no pixels": "chrJapMulti chrJapMultiExplicitIR6 chrKoreanMulti fall hotiron hotmetalblue pet pet20step "
    "spring summer winter ExplVR_LitEndNoMeta reportsi reportsi_with_empty_number_tags rtplan rtplan_truncated "
    "rtstruct test-SR waveform_ecg",
    "describes no image": "chrSQEncoding chrSQEncoding1 UN_sequence DICOMDIR-empty "
    "empty_charset_LEI meta_missing_tsyntax nested_priv_SQ no_meta_group_length priv_SQ",
    "neither PNG, JPEG nor DICOM": "ExplVR_BigEndNoMeta no_meta",  # without a preamble
    "is in colour": "ExplVR_BigEnd SC_jpeg_no_color_transform SC_jpeg_no_color_transform_2 SC_rgb_dcmtk_+eb+cr "
    "SC_rgb_dcmtk_+eb+cy+n1 SC_rgb_dcmtk_+eb+cy+n2 SC_rgb_dcmtk_+eb+cy+np SC_rgb_dcmtk_+eb+cy+s2 "
    "SC_rgb_dcmtk_+eb+cy+s4 SC_rgb_gdcm_KY SC_rgb_jls_lossy_line SC_rgb_jls_lossy_sample SC_rgb_jpeg "
    "SC_rgb_jpeg_app14_dcmd SC_rgb_jpeg_dcmd SC_rgb_jpeg_dcmtk SC_rgb_jpeg_gdcm SC_rgb_jpeg_lossy_gdcm SC_rgb_rle "
    "SC_rgb_rle_16bit SC_rgb_rle_32bit SC_rgb_small_odd SC_rgb_small_odd_big_endian SC_rgb_small_odd_jpeg "
    "SC_ybr_full_422_uncompressed examples_jpeg2k examples_rgb_color",
    "of another kind than its transfer syntax": "GDCMJ2K_TextGBR",  # colour behind a long comment
    "PALETTE COLOR": "examples_palette",
    "frames": "SC_rgb_rle_16bit_2frame SC_rgb_rle_2frame SC_rgb_rle_32bit_2frame examples_ybr_color rtdose rtdose_expb "
    "rtdose_rle",
    "1 bits stored of 1": "liver_1frame liver_expb_1frame",
    "is cut short": "MR_truncated",
    "invalid literal": "badVR",
    "Invalid SOS parameters": "JPEG-lossy",  # 12 bits; pydicom's decoders do not read it either
    "another shape": "JPEG2000-embedded-sequence-delimiter",  # cut into fragments wrongly; pydicom refuses it too
}
LISTED = {f"{name}.dcm": reason for reason, names in REASONS.items() for name in names.split()}
UNCOMPRESSED = {
    "MR_small_jpeg_ls_lossless.dcm": "MR_small.dcm"
}  # the same image, for what pydicom leaves to others
ALONE = (
    "JPEGLSNearLossless_08.dcm",
    "JPEGLSNearLossless_16.dcm",
    "JPGExtended.dcm",
)  # no other decoder is installed


@pytest.mark.parametrize("name", FILES)
def test_file_is_decoded_against_pydicom_or_listed(name: str) -> None:
    content = FILES[name].read_bytes()
    if name in LISTED:
        with pytest.raises(UndecodableImageError, match=LISTED[name]):
            decode_image(content)
        return
    pixels = decode_image(content).pixels
    if name in ALONE:
        assert pixels.std() > 0
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected, _ = by_another_decoder(FILES[UNCOMPRESSED.get(name, name)].read_bytes(), dcmtk=False)
    np.testing.assert_allclose(pixels.astype(int), expected.astype(int), atol=1)
