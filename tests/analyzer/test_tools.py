"""What the words of a shell call work on: read from its commands, not from what they only hold."""

from __future__ import annotations

import pytest

from analyzer.tools import paths_of, shell_commands


@pytest.mark.parametrize(
    ("command", "paths"),
    [
        ("rm src/a.py", ("src/a.py",)),
        ("cat > x.md <<'EOF'\nrm /etc/passwd\nEOF\nrm src/a.py", ("src/a.py",)),
        ("cat <<-EOF > x.md\n\trm /etc/passwd\n\tEOF\nrm src/a.py", ("src/a.py",)),
        ("cat > x <<\\EOF\nrm /etc/passwd\nEOF\nrm src/a.py", ("src/a.py",)),
        ("bash <<EOF\nrm src/a.py\nEOF", ("src/a.py",)),
        ("cat <<EOF | sh\nrm src/a.py\nEOF", ("src/a.py",)),
        ("cat <<<EOF\nrm src/a.py", ("src/a.py",)),
        ("echo $((1 << 2))\nrm src/a.py", ("src/a.py",)),
    ],
)
def test_what_a_here_document_holds_is_no_command_unless_a_shell_is_given_it(
    command: str, paths: tuple[str, ...]
) -> None:
    assert paths_of("Bash", {"command": command}, "/w") == paths


def test_a_here_document_without_an_end_hides_nothing() -> None:
    assert ["rm", "a"] in shell_commands("cat <<EOF\nrm a")
