"""Agents of real frameworks, as programs: two turns of one conversation, each of which does two
shell commands that a model asks for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.recorder.agents import run

__all__ = ["MODULES", "PROGRAMS", "run_framework"]

_OPENAI_AGENTS = """
import asyncio, os, subprocess
os.environ["OPENAI_AGENTS_DISABLE_TRACING"] = "0"
from agents import Agent, OpenAIChatCompletionsModel, RunConfig, Runner, function_tool
from agents import set_trace_processors
from openai import AsyncOpenAI
import recorder
set_trace_processors([])  # the exporter that would send traces to the vendor
recorder.start(agent="framework")
{instrument}

@function_tool
def bash(command: str, description: str = "") -> str:
    return subprocess.run(command, shell=True, capture_output=True, text=True).stdout

client = AsyncOpenAI(base_url=os.environ["MODEL_URL"] + "/v1",
                     api_key="sk-test-0123456789abcdefABCDEF")
agent = Agent(name="ops-agent", instructions="You operate staging.", tools=[bash],
              model=OpenAIChatCompletionsModel(model="scripted", openai_client=client))

async def converse():
    for turn in ("Clean up", "Again"):
        result = await Runner.run(agent, turn, run_config=RunConfig(group_id="conv-42"))
        print(result.final_output)

asyncio.run(converse())
recorder.stop()
"""
_LANGCHAIN = """
import os, subprocess
from langchain.agents import create_agent
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
import recorder
recorder.start(agent="framework")
{instrument}

@tool
def bash(command: str, description: str = "") -> str:
    "Run a shell command"
    return subprocess.run(command, shell=True, capture_output=True, text=True).stdout

model = ChatOpenAI(model="scripted", base_url=os.environ["MODEL_URL"] + "/v1",
                   api_key="sk-test-0123456789abcdefABCDEF")
agent = create_agent(model, tools=[bash], name="ops-agent")
for turn in ("Clean up", "Again"):
    result = agent.invoke({{"messages": [{{"role": "user", "content": turn}}]}},
                          config={{"configurable": {{"thread_id": "thread-42"}}}})
    print(result["messages"][-1].content)
recorder.stop()
"""
PROGRAMS = {
    "OpenAI Agents, OpenInference": _OPENAI_AGENTS.format(instrument="""
from openinference.instrumentation.openai_agents import OpenAIAgentsInstrumentor
OpenAIAgentsInstrumentor().instrument()
"""),
    "OpenAI Agents, OpenTelemetry": _OPENAI_AGENTS.format(instrument="""
from opentelemetry.instrumentation.openai_agents import OpenAIAgentsInstrumentor
OpenAIAgentsInstrumentor().instrument()
"""),
    "LangGraph, OpenInference": _LANGCHAIN.format(instrument="""
from openinference.instrumentation.langchain import LangChainInstrumentor
LangChainInstrumentor().instrument()
"""),
    "LangGraph, OpenLLMetry": _LANGCHAIN.format(instrument="""
from opentelemetry.instrumentation.langchain import LangchainInstrumentor
LangchainInstrumentor().instrument()
"""),
}  # fmt: skip

MODULES: Mapping[str, Sequence[str]] = {
    "OpenAI Agents, OpenInference": ("agents", "openinference.instrumentation.openai_agents"),
    "OpenAI Agents, OpenTelemetry": ("agents", "opentelemetry.instrumentation.openai_agents"),
    "LangGraph, OpenInference": ("langchain_openai", "openinference.instrumentation.langchain"),
    "LangGraph, OpenLLMetry": ("langchain_openai", "opentelemetry.instrumentation.langchain"),
}
"""What each program needs to be installed."""


def run_framework(framework: str, path: Path, model_url: str) -> str:
    """Run one of the programs against a model and return what it printed."""
    return run(PROGRAMS[framework], path, MODEL_URL=model_url, PYTHONWARNINGS="ignore")
