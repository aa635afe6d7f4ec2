"""The image folder of a run."""

from pathlib import Path

from protocols.errors import NotPossibleHereError
from protocols.images.folder import ImageFolder
from protocols.storage.run_folder import IN_THE_RUN, RunFolder


def recorded_images(run: RunFolder, image_root: str | None) -> ImageFolder:
    """Return the folder that a run read its images from.

    Raises:
        NotPossibleHereError: they are no longer there.
    """
    root = run.root if image_root == IN_THE_RUN else Path(image_root or "")
    if not image_root or not root.is_dir():
        raise NotPossibleHereError(
            f"{run.root}: its images are not at {image_root!r}; name their folder with --images."
        )
    return ImageFolder(root, search=False)
