"""What the stores of benchmarks/responses.py keep, and under which keys."""

import random

from contestants import Value


def answer(number: int) -> Value:
    """Some 1.9 KB, as chat completions look."""
    dice = random.Random(number)
    words = " ".join(dice.choice("the cache of answers which were paid for once".split()) for _ in range(250))
    return {
        "id": f"chatcmpl-{dice.getrandbits(96):x}",
        "object": "chat.completion",
        "created": 1_700_000_000 + number,
        "model": "gpt-4o-2024-08-06",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": words},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 812, "completion_tokens": 311, "total_tokens": 1123},
    }


def key(number: int) -> str:
    return f"{random.Random(number).getrandbits(256):064x}"
