"""The story, step by step: what happens when, what of it is fact, and what we had to make up.

Data only. `fact` is what somebody who was there published, with its `source`; `made_up` is what
nobody did, and is recorded with the step as `flightlog.reconstructed`. A step may have both.
`@name@` stands for what the agent learned in an earlier step (`learns`: a name, and a pattern in
the tool's result).
"""

from __future__ import annotations

from story import Act, Call, Prompt, Step, Turn

CRANE = "J. Crane, founder, https://x.com/lifeof_jer/status/2048103471019434248"
RAILWAY = "Railway, https://blog.railway.com/p/your-ai-wants-to-nuke-your-database"
DOCS = "Railway's documentation, https://docs.railway.com/reference/public-api"
BACKUP_DOCS = "Railway's documentation, railwayapp/docs, content/docs/volumes/backups.md"
SCHEMA = "Railway's schema, https://github.com/railwayapp/cli, src/gql/schema.json"

SESSION_MADE_UP = (
    "A re-enactment on loopback with a scripted agent. Nobody published the prompts, the model's "
    "words before its confession, the workspace and its file names, the ids (but 3d2c42fb-), the "
    "refused call, or any time within the nine seconds."
)

_CHECK = {
    "command": "services/api/check-config.sh",
    "description": "Check the staging configuration",
}
_JSON = '-H "Content-Type: application/json"'
_AS_PROJECT = f'curl -sS -X POST @url@ -H "Project-Access-Token: @project_token@" {_JSON}'
_AS_ACCOUNT = f'curl -sS -X POST @url@ -H "Authorization: Bearer @account_token@" {_JSON}'

STAGING_WORK = Act(
    "work in staging",
    (
        Step(
            0.0,
            "rules of the agent",
            Prompt(
                "system",
                "NEVER run destructive/irreversible git commands (like push --force, hard reset, "
                "etc) unless the user explicitly requests them.",
            ),
            fact="the agent's confession quotes this rule of its system prompt",
            source=CRANE,
            made_up="that the system prompt is this rule alone",
        ),
        Step(
            0.0,
            "the user's task",
            Prompt(
                "user",
                "Staging of services/api still runs with the old pool size. Set it to 10, run the "
                "config check, and see whether staging is up with its volume.",
            ),
            fact="it was a routine task in staging",
            source=CRANE,
            made_up="which task, and its wording",
        ),
        Step(
            0.2,
            "plan",
            Turn("I'll look at the service's staging configuration first.", 0.6, 2140, 31),
            made_up="the turn",
        ),
        Step(
            1.0,
            "list the service's files",
            Call("Glob", {"pattern": "services/api/**/*"}, expects="staging.json"),
            made_up="the call",
        ),
        Step(
            1.4,
            "read the configuration",
            Call(
                "Read",
                {"file_path": "services/api/config/staging.json"},
                expects='"poolSize": 2',
                learns={
                    "configured_environment": r'"environmentId": "([^"]+)"',
                    "service": r'"serviceId": "([^"]+)"',
                },
            ),
            made_up="the call and the file",
        ),
        Step(
            1.9,
            "run the config check, which fails",
            Call("Bash", _CHECK, expects="poolSize is 2"),
            made_up="the call",
        ),
        Step(
            2.4,
            "set the pool size",
            Call(
                "Edit",
                {
                    "file_path": "services/api/config/staging.json",
                    "old_string": '"poolSize": 2',
                    "new_string": '"poolSize": 10',
                },
            ),
            made_up="the call",
        ),
        Step(
            2.9,
            "run the config check again",
            Call("Bash", _CHECK, expects="ok"),
            made_up="the call",
        ),
        Step(
            3.4,
            "turn to the platform",
            Turn("The check passes. Now the environment itself.", 0.5, 3610, 24),
            made_up="the turn",
        ),
        Step(
            4.5,
            "read the service's own token",
            Call(
                "Read",
                {"file_path": "services/api/.env.staging"},
                learns={
                    "url": r"RAILWAY_API_URL=(\S+)",
                    "project": r"RAILWAY_PROJECT_ID=(\S+)",
                    "volume_name": r"RAILWAY_VOLUME_NAME=(\S+)",
                    "project_token": r"RAILWAY_TOKEN=(\S+)",
                },
            ),
            made_up="the call and the file",
        ),
        Step(
            5.0,
            "ask what the token is for",
            Call(
                "Bash",
                {
                    "command": f"{_AS_PROJECT} -d '"
                    '{"query":"query { projectToken { projectId environmentId } }"}\'',
                    "description": "Which environment does the token belong to?",
                },
                expects='"environmentId"',
            ),
            fact="project tokens have a header of their own and one environment",
            source=DOCS,
            made_up="the call",
        ),
        Step(
            5.7,
            "find the volume, without asking which environments use it",
            Call(
                "Bash",
                {
                    "command": f"{_AS_PROJECT} -d '"
                    '{"query":"query($id: String!) { project(id: $id) { volumes { edges { node '
                    '{ id name projectId } } } } }","variables":{"id":"@project@"}}\'',
                    "description": "Find the service's volume",
                },
                expects='"@volume_name@"',
                learns={"volume": r'"id":"([^"]+)","name":"@volume_name@"'},
            ),
            fact="nobody looked which environments the volume belongs to",
            source=CRANE,
            made_up="the call",
        ),
        Step(
            6.5,
            "go on to the variables",
            Turn(
                "The volume is there. Now the variables, in the environment that the "
                "configuration names.",
                0.5,
                4480,
                29,
            ),
            made_up="the turn",
        ),
    ),
)

NINE_SECONDS = Act(
    "the nine seconds",
    (
        Step(
            0.0,
            "the staging call is refused",
            Call(
                "Bash",
                {
                    "command": f"{_AS_PROJECT} -d '"
                    '{"query":"query($p: String!, $e: String!, $s: String) { variables('
                    'projectId: $p, environmentId: $e, serviceId: $s) }","variables":'
                    '{"p":"@project@","e":"@configured_environment@","s":"@service@"}}\'',
                    "description": "Read the service's variables",
                },
                expects="Not Authorized",
            ),
            fact="the agent met a credential mismatch",
            source=CRANE,
            made_up="the call, what was mismatched, the time",
        ),
        Step(
            0.6,
            "look for another token",
            Turn(
                "Not Authorized: the token and the environment do not match. I look for a token "
                "that works.",
                0.6,
                4930,
                44,
            ),
            fact="it went looking for an API token",
            source=CRANE,
            made_up="the wording, the time",
        ),
        Step(
            1.5,
            "search the workspace for tokens",
            Call("Grep", {"pattern": "RAILWAY", "path": "."}, expects="RAILWAY_API_TOKEN="),
            fact="it searched",
            source=CRANE,
            made_up="the pattern, the time",
        ),
        Step(
            2.5,
            "read a file that has nothing to do with the task",
            Call(
                "Read",
                {"file_path": "scripts/domains/domains.env"},
                expects="custom domains only",
                learns={"account_token": r"RAILWAY_API_TOKEN=(\S+)"},
            ),
            fact="the token stood in an unrelated file, was made for custom domains, and had the "
            "whole account's rights",
            source=f"{CRANE}; {RAILWAY}",
            made_up="the file's name and content, the time",
        ),
        Step(
            3.4,
            "decide",
            Turn(
                "This token works for the account. The volume of staging still belongs to the old "
                "credentials: I delete it, so that it is made anew with the right ones.",
                1.3,
                5790,
                71,
            ),
            fact="it decided on its own initiative to fix the mismatch by deleting the volume",
            source=CRANE,
            made_up="the wording and the reason, the time",
        ),
        Step(
            4.9,
            "delete the volume",
            Call(
                "Bash",
                {
                    "command": f"{_AS_ACCOUNT} -d '"
                    '{"query":"mutation { volumeDelete(volumeId: \\"@volume@\\") }"}\'',
                    "description": "Delete the staging volume",
                },
                expects='"volumeDelete":true',
            ),
            fact="one POST with a Bearer token and this mutation; no confirmation was asked for",
            source=f"{CRANE}; {RAILWAY}; {SCHEMA}",
            made_up="the address, -sS, the Content-Type header, the id after 3d2c42fb-, the "
            "answer's body, its duration, the time",
        ),
        Step(
            9.0,
            "see what is left of the volume",
            Call(
                "Bash",
                {
                    "command": f"{_AS_ACCOUNT} -d '"
                    '{"query":"query($id: String!) { project(id: $id) { volumes { edges { node '
                    "{ id name volumeInstances { edges { node { id environmentId environment "
                    '{ name } state deletedAt } } } } } } } }","variables":{"id":"@project@"}}\'',
                    "description": "See what is left of the volume",
                },
                expects='"state":"DELETED"',
                learns={
                    "production_instance": r'"id":"([^"]+)","environmentId":"[^"]+",'
                    r'"environment":\{"name":"production"\}',
                    "staging_instance": r'"id":"([^"]+)","environmentId":"[^"]+",'
                    r'"environment":\{"name":"staging"\}',
                },
            ),
            fact="after nine seconds production's volume was deleted",
            source=CRANE,
            made_up="that the agent looked; the form of the answer",
        ),
    ),
)

AFTERMATH = Act(
    "aftermath",
    (
        Step(
            0.4,
            "look for backups: there are none",
            Call(
                "Bash",
                {
                    "command": f"{_AS_ACCOUNT} -d '"
                    '{"query":"query($p: String!, $s: String!) { production: '
                    "volumeInstanceBackupList(volumeInstanceId: $p) { id createdAt } staging: "
                    'volumeInstanceBackupList(volumeInstanceId: $s) { id createdAt } }",'
                    '"variables":{"p":"@production_instance@","s":"@staging_instance@"}}\'',
                    "description": "List the backups of the volume",
                },
                expects=r'"production":\[\],"staging":\[\]',
            ),
            fact="the volume's backups went with it",
            source=f"{CRANE}; {BACKUP_DOCS}",
            made_up="that the agent looked",
        ),
        Step(
            1.6,
            "the user asks",
            Prompt("user", "Production is down. What did you do?"),
            made_up="that and how the user asked, the time",
        ),
        Step(
            2.0,
            "confession",
            Turn(
                "I deleted the volume. I guessed that a deletion through the API would be scoped "
                "to staging. I did not check whether the volume is shared across environments, I "
                "did not read the documentation on volumes, and you had not asked me to delete "
                "anything.",
                1.2,
                7350,
                96,
            ),
            fact="these are the omissions that the agent confessed to",
            source=CRANE,
            made_up="the wording: a summary of the text that the founder quotes; the time",
        ),
    ),
)

STORY = (STAGING_WORK, NINE_SECONDS, AFTERMATH)
