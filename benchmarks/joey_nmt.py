"""JoeyNMT's side of the translation benchmarks: run by its own Python, it imports nothing of textkit's.

    $JOEYNMT benchmarks/joey_nmt.py train JOB
    $JOEYNMT benchmarks/joey_nmt.py translate JOB

JOB is a JSON file that `joey_job` wrote. `train` runs JoeyNMT's own training loop and writes what it measured
into the job's "result". `translate` loads weights and then translates as it is asked to (see
translation_servers.py), by JoeyNMT's own `predict`, which splits text into pieces and joins them again.

JoeyNMT 2.3.0 runs on torch 2.13 with sentencepiece==0.2.0, protobuf<3.21 and importlib_metadata beside it.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from translation_servers import Message, serve

SPECIALS = ("<unk>", "<pad>", "<s>", "</s>")  # in JoeyNMT's order


def joey_job(
    folder: Path, *, model: str, data: Path, spm: Path, tokens: list[str], sizes: dict[str, Any]
) -> dict[str, Any]:
    """A job about the pairs in `data`, whose pieces are `tokens` (without special ones).

    `model` is transformer or gru; `sizes` has width, layers, feed_forward, heads, dropout, batch_tokens,
    label_smoothing and learning_rate.
    """
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("".join(f"{token}\n" for token in [*SPECIALS, *tokens]), encoding="utf-8")
    side = {
        "level": "bpe",
        "voc_file": str(vocabulary),
        "tokenizer_type": "sentencepiece",
        "tokenizer_cfg": {"model_file": str(spm)},
    }
    config = {
        "name": "benchmark",
        "model_dir": str(folder / "model"),
        "use_cuda": False,
        "random_seed": 1,
        "data": {
            "train": str(data / "train"),
            "dev": str(data / "valid"),
            "dataset_type": "plain",
            "src": {"lang": "de", **side},
            "trg": {"lang": "en", **side},
        },
        "testing": {"batch_size": 64, "batch_type": "sentence", "eval_metrics": []},
        "training": _training(sizes),
        "model": _network(model, sizes),
    }
    return {"config": config, "result": str(folder / "result.json")}


def _training(sizes: dict[str, Any]) -> dict[str, Any]:
    """Nothing is validated, logged or saved before the end."""
    return {
        "optimizer": "adam",
        "adam_betas": [0.9, 0.98],
        "learning_rate": sizes["learning_rate"],
        "learning_rate_min": 1e-9,
        "clip_grad_norm": 1.0,
        "loss": "crossentropy",
        "label_smoothing": sizes["label_smoothing"],
        "batch_size": sizes["batch_tokens"],
        "batch_type": "token",
        "normalization": "tokens",
        "epochs": 1000,
        "scheduling": "noam",  # not the default: that one does not run on torch 2.13
        "validation_freq": 10**9,
        "logging_freq": 10**9,
        "keep_best_ckpts": 1,
    }


def _network(model: str, sizes: dict[str, Any]) -> dict[str, Any]:
    width, dropout = sizes["width"], sizes["dropout"]
    tied = {"tied_embeddings": True, "tied_softmax": True}
    common = {"hidden_size": width, "num_layers": sizes["layers"], "dropout": dropout}
    if model == "transformer":
        embeddings = {"embedding_dim": width, "scale": True, "dropout": dropout}
        side = common | {
            "type": "transformer",
            "num_heads": sizes["heads"],
            "ff_size": sizes["feed_forward"],
            "layer_norm": "pre",
            "embeddings": embeddings,
        }
        return tied | {"encoder": side, "decoder": side}
    side = common | {"type": "recurrent", "rnn_type": "gru", "embeddings": {"embedding_dim": width}}
    decoder = side | {
        "input_feeding": True,
        "attention": "bahdanau",
        "init_hidden": "bridge",
        "hidden_dropout": dropout,
    }
    return tied | {"encoder": side | {"bidirectional": True}, "decoder": decoder}


def train(job: dict[str, Any]) -> None:
    """`steps` updates in all; the tokens a second of those after the first `warmup`."""
    training = importlib.import_module("joeynmt.training")
    config, warmup = job["config"], job["warmup"]
    config["training"]["updates"] = job["steps"] + 1  # the last one's start ends the one before
    Path(config["model_dir"]).mkdir(parents=True, exist_ok=True)
    args = training.parse_global_args(config, rank=0, mode="train")
    model, train_data, dev_data, _ = training.prepare(args, rank=0, mode="train")
    seen: list[tuple[float, int, int, int]] = []  # when a step began; its target tokens, all tokens, places

    class Watched(training.TrainManager):  # type: ignore[name-defined,misc]
        """JoeyNMT's loop, which says when it comes to a batch."""

        def _train_step(self, batch: Any) -> Any:
            real = batch.ntokens + int(batch.src_length.sum())
            seen.append((time.perf_counter(), batch.ntokens, real, batch.src.numel() + batch.trg.numel()))
            return super()._train_step(batch)

    manager = Watched(
        rank=0,
        model=model,
        model_dir=args.model_dir,
        device=args.device,
        autocast=args.autocast,
        seed=args.seed,
        train_args=args.train,
        dev_args=args.test,
    )
    manager.train_and_validate(train_data=train_data, valid_data=dev_data)
    counted = seen[warmup:-1]
    result = {
        "tokens": sum(step[1] for step in counted),
        "seconds": seen[-1][0] - counted[0][0],
        "steps": len(counted),
        "padding": 1 - sum(step[2] for step in seen) / sum(step[3] for step in seen),
        "parameters": sum(weight.numel() for weight in model.parameters()),
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    Path(job["result"]).write_text(json.dumps(result), encoding="utf-8")


def load_translator(job: dict[str, Any]) -> Callable[[Message], Message]:
    """Load weights, and translate "tuning" or "all" sentences by requests.

    The output has a bias, so that ids that textkit lacks are never chosen.
    """
    import torch

    prediction = importlib.import_module("joeynmt.prediction")
    config = job["config"]
    config["model"] |= {"tied_embeddings": False, "tied_softmax": False}
    config["data"] |= {"dev": job["tuning"], "test": job["all"]}
    Path(config["model_dir"]).mkdir(parents=True, exist_ok=True)
    args = prediction.parse_global_args(config, rank=0, mode="train")
    loaded = prediction.load_data(cfg=args.data, datasets=["dev", "test"])
    source, target, _, *texts = loaded
    model = prediction.build_model(args.model, src_vocab=source, trg_vocab=target)
    output = model.decoder.output_layer
    model.decoder.output_layer = torch.nn.Linear(output.in_features, output.out_features)
    model.load_state_dict(torch.load(job["weights"], weights_only=True))

    def work(request: Message) -> Message:
        settings = args.test._replace(
            batch_size=request["batch"],
            beam_size=request["beam"],
            beam_alpha=request["alpha"],
            max_output_length=request["length"],
            generate_unk=request["unknown"],
        )
        began = time.perf_counter()
        found = prediction.predict(
            model=model,
            data=texts[request["part"] == "all"],
            device=args.device,
            n_gpu=0,
            args=settings,
            autocast=args.autocast,
        )
        seconds = time.perf_counter() - began
        return {"seconds": seconds, "texts": found[2], "tokens": found[3]}

    return work


def main() -> None:
    """Do what the command line says."""
    job = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    if sys.argv[1] == "train":
        train(job)
    else:
        serve(lambda: load_translator(job))


if __name__ == "__main__":
    main()
