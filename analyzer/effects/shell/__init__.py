"""What shell commands do: parsed by tree-sitter, unwrapped, and judged tool by tool."""
