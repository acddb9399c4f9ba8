"""Language models as a task: `train` lines into a run folder, `resume` it, `load_model` it, use it."""

from textkit.tasks.language_model.config import LanguageModelConfig, make_config, read_config
from textkit.tasks.language_model.saved import SavedModel, load_model
from textkit.tasks.language_model.training import resume, train

__all__ = ["LanguageModelConfig", "SavedModel", "load_model", "make_config", "read_config", "resume", "train"]
