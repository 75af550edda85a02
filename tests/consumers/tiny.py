"""A real llama.cpp server on 127.0.0.1 over a model of under 1 MB that knows nothing.

`write_tiny_model` writes a one-layer llama GGUF with seeded random weights.
`serve` runs it in a child process behind llama.cpp's own HTTP server, which
speaks OpenAI chat completions and enforces `response_format` by masking tokens.

The weights are random except for one thing: how replies end.  The mask only
says which tokens are allowed, so a model without preferences would write
strings, arrays and numbers until max_tokens.  Here each token belongs to a
class, kept in reserved hidden dimensions that no layer writes to, and the
output weights on those dimensions say what tends to follow: a text walks
through a few stages and then wants its closing quote (or the end of the
reply), an array wants its bracket, a number wants to stop.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from threading import Timer

import gguf
import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]

CONTEXT = 32768
WIDTH = 64
HEADS, KV_HEADS, HEAD_WIDTH = 2, 1, 32
FFN_WIDTH = 128

# Reserved hidden dimensions: a constant 1, then one per token class.
ONE, OTHER, DIGIT, STAGE = 0, 1, 2, 3
STAGES = 12
RESERVED = STAGE + STAGES

COMMON_WORDS = (
    "the of and to in is that it was for on are as with his they be at one have this from "
    "or had by hot but some what there we can out other were all your when up use word how "
    "said an each she which do their time if will way about many then them would write like "
    "so these her long make thing see him two has look more day could go come did my sound no "
    "most number who over know water than call first people may down side been now find any "
    "new work part take get place made live where after back little only round man year came "
    "show every good me give our under name very through just form much great think say help"
)
WORDS = COMMON_WORDS.split()
BOS, IM_START, IM_END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)

SERVER_STARTS_WITHIN_S = 60.0


def write_tiny_model(path: Path) -> None:
    """Write the model; the same bytes each time."""
    tokens, merges = _vocabulary()
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny-random")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(FFN_WIDTH)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_key_length(HEAD_WIDTH)
    writer.add_value_length(HEAD_WIDTH)
    writer.add_rope_dimension_count(HEAD_WIDTH)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)

    control = {BOS, IM_START, IM_END}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.CONTROL if t in control else gguf.TokenType.NORMAL for t in tokens])
    writer.add_token_merges(merges)
    writer.add_bos_token_id(tokens.index(BOS))
    writer.add_eos_token_id(tokens.index(IM_END))
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)

    for name, values in _weights(tokens).items():
        writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@contextlib.contextmanager
def serve(model: Path, *, parallel: int = 1) -> Iterator[str]:
    """Run the model's server; yield its base URL, such as http://127.0.0.1:40123/v1.

    Each of the `parallel` slots has the model's whole context.  The child
    leaves when its standard input closes, so it cannot outlive this process,
    however this process ends.
    """
    command = [sys.executable, str(Path(__file__).resolve()), str(model), str(parallel)]
    with TemporaryFile("w+") as log:
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
        assert child.stdin is not None
        assert child.stdout is not None
        late = Timer(SERVER_STARTS_WITHIN_S, child.kill)
        late.start()
        try:
            # The child's only line; nothing, if it could not load the model.
            address = child.stdout.readline().strip()
            while not (address and _healthy(address)):
                if not address or child.poll() is not None:
                    log.seek(0)
                    raise RuntimeError(f"the llama.cpp server did not start:\n{log.read()[-4000:]}")
                time.sleep(0.02)
            late.cancel()
            yield f"{address}/v1"
        finally:
            late.cancel()
            child.stdin.close()
            try:
                child.wait(timeout=5)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            child.stdout.close()


def _healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=5) as reply:  # noqa: S310  the server that was started here
            return bool(reply.status == 200)
    except OSError:
        return False


def _serve_until_stdin_closes(model: Path, parallel: int) -> None:
    """The child process: llama.cpp's server, on a port that the system picks."""
    import xllamacpp  # type: ignore[import-untyped]

    # llama.cpp may log to standard output: keep that for the address alone.
    address_to = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.model_alias = {"tiny-random"}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = CONTEXT * parallel
    params.n_parallel = parallel
    # At this size threads cost more than they give, most of all on a busy machine.
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    params.cache_ram_mib = 0
    params.fit_params = False
    params.ui = False
    server = xllamacpp.Server(params)
    print(server.listening_address, file=address_to, flush=True)
    sys.stdin.read()
    os._exit(0)  # nothing to save, and requests in flight must not hold it


def _byte_names() -> list[str]:
    """The character by which GPT-2 vocabularies name each byte."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) if byte in printable else chr(0x100 + others.index(byte)) for byte in range(256)]


def _vocabulary() -> tuple[list[str], list[str]]:
    """Tokens and merges: all bytes, and common words with a space before them."""
    tokens = dict.fromkeys(_byte_names())
    space = _byte_names()[0x20]
    merges: dict[str, None] = {}
    for word in WORDS:
        prefix = space
        for letter in word:
            merges[f"{prefix} {letter}"] = None
            prefix += letter
            tokens[prefix] = None
    return [*tokens, BOS, IM_START, IM_END], list(merges)


def _weights(tokens: list[str]) -> dict[str, Matrix]:
    rng = np.random.default_rng(0)
    free = WIDTH - RESERVED

    def random(rows: int, columns: int, scale: float) -> Matrix:
        return (rng.standard_normal((rows, columns)) * scale).astype(np.float32)

    def from_free(rows: int) -> Matrix:
        """A projection of the hidden state without its reserved dimensions."""
        matrix = random(rows, WIDTH, free**-0.5)
        matrix[:, :RESERVED] = 0
        return matrix

    def into_free(columns: int) -> Matrix:
        """A projection back to the hidden state that spares the reserved dimensions."""
        matrix = random(WIDTH, columns, columns**-0.5 / 5)
        matrix[:RESERVED] = 0
        return matrix

    embedding = np.zeros((len(tokens), WIDTH), np.float32)
    embedding[:, RESERVED:] = random(len(tokens), free, free**-0.5)
    embedding[:, ONE] = 1
    for row, token in enumerate(tokens):
        if token in _STRUCTURE:
            embedding[row, RESERVED:] = 0  # so that what follows depends on the prompt
        embedding[row, _token_class(token)] = 1

    # The hidden state is made of four parts of about length 1 (the constant, the
    # class, the token, the context), so after the last norm each has about this length:
    unit = WIDTH**0.5 / 2
    output = np.zeros((len(tokens), WIDTH), np.float32)
    output[:, RESERVED:] = random(len(tokens), free, 1 / unit)
    for row, token in enumerate(tokens):
        if token in _STRUCTURE or token == IM_END:
            output[row, RESERVED:] = 0  # so that temperature 0 closes things too
        output[row, ONE] = _likes(token) / unit
        for after in range(OTHER, RESERVED):
            output[row, after] = _likes_after(token, after) / unit

    ones = np.ones(WIDTH, np.float32)
    return {
        "token_embd.weight": embedding,
        "output_norm.weight": ones,
        "output.weight": output,
        "blk.0.attn_norm.weight": ones,
        "blk.0.attn_q.weight": random(HEADS * HEAD_WIDTH, WIDTH, 0.2),
        "blk.0.attn_k.weight": random(KV_HEADS * HEAD_WIDTH, WIDTH, 0.2),
        "blk.0.attn_v.weight": from_free(KV_HEADS * HEAD_WIDTH),
        "blk.0.attn_output.weight": into_free(HEADS * HEAD_WIDTH),
        "blk.0.ffn_norm.weight": ones,
        "blk.0.ffn_gate.weight": from_free(FFN_WIDTH),
        "blk.0.ffn_up.weight": from_free(FFN_WIDTH),
        "blk.0.ffn_down.weight": into_free(FFN_WIDTH),
    }


def _is_word(token: str) -> bool:
    return token[1:] in WORDS


def _token_class(token: str) -> int:
    if _is_word(token):
        return STAGE + WORDS.index(token[1:]) % STAGES
    return DIGIT if token.isascii() and token.isdigit() else OTHER


# Logits.  Words vary by about 1 around 0, so what is below them comes only
# where the grammar forbids words: outside strings.
_STRUCTURE = {"]": -6.0, "}": -6.0, ",": -7.0, '"': -3.0, "{": -4.0, "[": -4.0, ":": -6.0}
_NEVER = -20.0


def _likes(token: str) -> float:
    if _is_word(token):
        return 0.0
    if token in _STRUCTURE:
        return _STRUCTURE[token]
    if token == IM_END:
        return -10.0
    if token.isascii() and token.isdigit():
        return -4.0
    return -8.0 if token.isascii() and token.isalpha() else _NEVER


def _likes_after(token: str, after: int) -> float:
    """What the class of the token before adds to a token's logit."""
    if after == DIGIT:
        return 0.0 if token in _STRUCTURE or token == IM_END else -10.0
    if after == RESERVED - 1:
        return {'"': 12.0, IM_END: 21.0}.get(token, 0.0)
    if _is_word(token):
        step = _token_class(token) - (STAGE - 1 if after == OTHER else after)
        return {1: 6.0, 2: 5.0, 3: 4.0}.get(step, 0.0)
    return 0.0


if __name__ == "__main__":
    _serve_until_stdin_closes(Path(sys.argv[1]), int(sys.argv[2]))
