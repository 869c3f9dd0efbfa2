// Written by `flightlog install opencode`; `flightlog uninstall opencode` removes it.
// Tells flightlog what opencode is about to do. Decides nothing and never throws.
import { spawn } from "node:child_process"

const COMMAND = ["FLIGHTLOG_COMMAND"]
const LONGEST_WAIT_MS = 2000
const EVENTS = new Set([
  "session.created", "session.deleted", "session.idle", "session.error", "session.compacted",
  "permission.asked", "permission.updated", "permission.replied",
])

function tell(name, fields) {
  return new Promise((done) => {
    try {
      const child = spawn(COMMAND[0], COMMAND.slice(1), { stdio: ["pipe", "ignore", "ignore"] })
      const timer = setTimeout(done, LONGEST_WAIT_MS)
      const finish = () => { clearTimeout(timer); done() }
      child.on("error", finish)
      child.on("close", finish)
      child.stdin.on("error", () => {})
      child.stdin.end(JSON.stringify({ hook_event_name: name, ...fields }))
    } catch {
      done()
    }
  })
}

export const Flightlog = async ({ directory }) => ({
  "tool.execute.before": async (input, output) => {
    await tell("tool.execute.before", { ...input, args: output?.args, cwd: directory })
  },
  "tool.execute.after": async (input, output) => {
    const { title, output: result, metadata } = output ?? {}
    await tell("tool.execute.after", { ...input, output: result, title, metadata, cwd: directory })
  },
  "chat.message": async (input, output) => {
    const texts = (output?.parts ?? []).filter((part) => part.type === "text")
    const prompt = texts.map((part) => part.text).join("\n")
    await tell("chat.message", { ...input, prompt, cwd: directory })
  },
  event: async ({ event }) => {
    if (!EVENTS.has(event.type)) return
    const { info, ...properties } = event.properties ?? {}
    const session = properties.sessionID ?? info?.id
    await tell(event.type, { ...properties, sessionID: session, info, cwd: directory })
  },
})
