"""What a command acts on is told by its words: an approval binds to that, and to all of it."""

from __future__ import annotations

import pytest

from analyzer.effects.shell.judging import judge_shell

TARGETS = {
    "the value of another option behind it": ("pscale database delete shop --force --org o", "shop"),
    "a credential behind it": ("vercel remove shop --yes --token abc", "shop"),
    "a credential before the verb": ("vercel --token abc remove shop --yes", "shop"),
    "a new value behind it": ("gh secret set DSN --env production --body x", "DSN"),
    "the environment that it is in": ("vercel env rm DSN production -y", "DSN"),
    "an environment alone": ("railway environment delete staging", "staging"),
    "an option called as the object": ("railway volume delete --volume pulse --yes", "pulse"),
    "its first letter": ("railway volume delete -v pulse --yes", "pulse"),
    "an app by its option": ("heroku apps:destroy -a acme --confirm acme", "acme"),
    "a name by its option": ("az group delete -n rg1 --yes", "rg1"),
    "several at once": ("docker volume rm pg other", "pg other"),
    "several of a cluster": ("kubectl delete pvc a b -n prod", "a b"),
    "kind and name in one": ("kubectl delete pvc/a pvc/b -n prod", "a b"),
    "several by one option": (
        "aws ec2 terminate-instances --instance-ids i-1 i-2 --region eu-west-1", "i-1 i-2"),
    "a name by its option, and no entry": (
        "az storage account delete --name acc --resource-group rg --yes", "acc"),
    "a short credential behind it": ("vercel rm shop -y -t abc", "shop"),
    "a track before the verb": ("gcloud alpha sql instances delete shop --quiet", "shop"),
    "a flag that names a file elsewhere": ("docker rm -f db", "db"),
    "a file that is no object": ("docker compose -f c.yml rm -s db", "db"),
    "a short option of the program": ("fly volumes destroy vol_1 -a shop -y", "vol_1"),
}  # fmt: skip


@pytest.mark.parametrize(("command", "target"), TARGETS.values(), ids=TARGETS)
def test_a_command_names_its_target(command: str, target: str) -> None:
    judgement = judge_shell(command)
    assert judgement.target_id == target


def test_what_is_no_object_is_no_target() -> None:
    """Nothing else of the words stands in for a target that they do not name."""
    judgement = judge_shell("firebase firestore:delete --all-collections --project shop --token t")
    assert judgement.effect.destroys
    assert judgement.target_id == ""
