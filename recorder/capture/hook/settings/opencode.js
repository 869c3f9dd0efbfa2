// Written by `flightlog install opencode`; `flightlog uninstall opencode` removes it.
// Tells flightlog what opencode is about to do. Decides nothing; throws only before a call that a
// guard denies which you set up yourself (`flightlog guard`), so that it is not made.
import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"

const COMMAND = ["FLIGHTLOG_COMMAND"]
const LONGEST_WAIT_MS = 2000
const LONGEST_DECISION_MS = 12000
const EVENTS = new Set([
  "session.created", "session.deleted", "session.idle", "session.error", "session.compacted",
  "permission.asked", "permission.updated", "permission.replied",
])

function enforces() {
  const named = process.env.FLIGHTLOG_RECORDING ?? ""
  const recording = named.startsWith("/") ? named : COMMAND[COMMAND.length - 1]
  try {
    const text = readFileSync(`${recording}.guard.json`, "utf8")
    // What is not whole, or says neither word, enforces: as flightlog's own hook reads it.
    const observes = text.includes('"observe"') && text.trimEnd().endsWith("}")
    return !observes || text.includes('"enforce"')
  } catch (error) {
    return error.code !== "ENOENT" && error.code !== "ENOTDIR"
  }
}

function tell(name, fields, wait = LONGEST_WAIT_MS) {
  return new Promise((done) => {
    let said = ""
    try {
      const child = spawn(COMMAND[0], COMMAND.slice(1), { stdio: ["pipe", "pipe", "ignore"] })
      const timer = setTimeout(() => done(null), wait)
      const finish = (answer) => { clearTimeout(timer); done(answer) }
      child.on("error", () => finish(null))
      child.on("close", (code) => finish(code === 0 ? said : null))
      child.stdout.on("data", (piece) => { said += piece })
      child.stdin.on("error", () => {})
      child.stdin.end(JSON.stringify({ hook_event_name: name, ...fields }))
    } catch {
      done(null)
    }
  })
}

function denial(answer) {
  if (answer === null) return "flightlog guard did not answer, so it denies"
  if (!answer.trim()) return ""
  try {
    const { decision, reason } = JSON.parse(answer)
    return decision === "deny" ? reason : ""
  } catch {
    return "flightlog guard's answer is not understood, so it denies"
  }
}

export const Flightlog = async ({ directory }) => ({
  "tool.execute.before": async (input, output) => {
    const fields = { ...input, args: output?.args, cwd: directory }
    if (!enforces()) {
      await tell("tool.execute.before", fields)
      return
    }
    const reason = denial(await tell("tool.execute.before", fields, LONGEST_DECISION_MS))
    if (reason) throw new Error(reason)
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
