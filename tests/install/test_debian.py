"""INSTALL.md, worked through on a Debian that has just been installed: `make test-install`.

The tests are one story, in their order: who removes it all comes last.
"""

from __future__ import annotations

import re

import pytest

from install.guide import GUIDE, REMOVAL, blocks
from install.machine import until
from install.story import Guided, everything, work_through

pytestmark = pytest.mark.long


def test_the_last_check_of_each_part_says_that_it_is_well(guided: Guided) -> None:
    assert '"status":"pass"' in guided.said["Check it, start it"].replace(" ", "")
    assert "DOWN" in guided.said["A first drill"] or "killed by SIGKILL" in guided.said["A first drill"]
    assert "PASS" in guided.said["The load generator"]
    assert guided.said["Prometheus and Grafana"].startswith("fermat_server_ready")
    assert guided.passes()


def test_the_mailbox_has_the_test_message_and_the_drill(guided: Guided) -> None:
    """And nothing else: neither the upgrade of the sidecar nor that of the server is told."""
    test, *others = guided.mails()
    assert "TEST" in test.upper()
    assert others == ["DOWN", "RECOVERED"]


def test_a_kill_is_survived(guided: Guided) -> None:
    guided.machine.said("kill -9 $(systemctl show -P MainPID fermat-cloud-server)")
    until(lambda: guided.mails()[3:] == ["DOWN", "RECOVERED"], "both mails")
    until(guided.passes, "it passes again")


def test_so_is_one_of_the_sidecar(guided: Guided) -> None:
    guided.machine.said("kill -9 $(systemctl show -P MainPID fermat-sidecar)")
    until(lambda: not guided.passes(), "it is gone")
    until(guided.passes, "it is back")


def test_a_reboot_is_survived_and_nobody_is_told(guided: Guided) -> None:
    told = len(guided.mails())
    guided.machine.reboot()
    until(guided.passes, "both are up again by themselves")
    assert guided.mails()[told:] == []


def test_the_packet_filter_is_one_that_the_kernel_takes(guided: Guided) -> None:
    """It is not put in force: it is the operator's, and would outlast the removal."""
    (block,) = (block for block in blocks(GUIDE.read_text()) if "/etc/nftables.conf" in block.text)
    (rules,) = re.findall(r"<<'END'\n(.*?)^END$", block.text, re.MULTILINE | re.DOTALL)
    guided.machine.said(f"nft --check --file /dev/stdin <<'END'\n{rules}END")


def test_its_removal_leaves_nothing_behind(guided: Guided) -> None:
    work_through(guided, [block for block in blocks(GUIDE.read_text()) if block.heading == REMOVAL])
    brought = {line for line in everything(guided.machine) - guided.before if "/root/" not in line}
    assert brought == set()
