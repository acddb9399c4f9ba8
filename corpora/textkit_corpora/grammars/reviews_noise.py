"""How reviews look when people type them in a hurry: punctuation, emoji, odd characters, slips."""

from __future__ import annotations

import re

from textkit_corpora.grammars.dice import Dice

# Characters and their traditional forms; only those where one form stands for the other everywhere.
_TRADITIONAL = str.maketrans(
    "这个们来说话买卖价钱东没还会对时间点问题觉错软实连图颜纸读书换给让听见图开门楼电脑网机应该满荐级现发货单边",
    "這個們來說話買賣價錢東沒還會對時間點問題覺錯軟實連圖顏紙讀書換給讓聽見圖開門樓電腦網機應該滿薦級現發貨單邊",
)
_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
# Slips of the keyboard and of fashion. None of them says anything about the verdict.
_SLIPS: list[tuple[str, str]] = re.findall(
    r"(\S+)>(\S+)",
    "真的>真滴 非常>灰常 东西>东东 没有>木有 这么>介么 怎么>肿么 特别>特憋 "
    "再>在 得>的 有点>有点点 结果>结果呢 以为>已为 知道>造 还是>海是 "
    "但是>但四 推荐>推见 好评>好坪 同事>同是 客服>克服 什么>神马 快递>快弟 "
    "没>莫 天天>添添 就是>就四 孩子>孩纸 老公>老攻",
)
_EMOJI = {
    "+": ("👍", "😂", "😄", "🙏", "❤️", "😭", "🙂", "👌", "😅"),
    "-": ("😂", "🙂", "😭", "😡", "🙏", "👎", "😅", "👍", "💔"),
}
_TAILS = (
    "...",
    "~",
    "~~",
    "！",
    "！！！",
    "。。。",
    "…",
    "!!",
    "哈",
    "哈哈",
    "啊",
    "吧",
    "呢",
    "了哦",
    "，真的",
    "，嗯",
)


def typed(text: str, dice: Dice, *, side: str) -> str:
    """The text as somebody types it: commas become Chinese, and now and then something goes wrong.

    >>> typed("房间大,床软", Dice("doctest"), side="+")
    '房间大，床软。'
    """
    text = text.replace(",", "，").replace("?", "？").replace(":", "：")
    text = re.sub("，?([。？])，?", r"\1", text).rstrip("，")
    for word, slip in _SLIPS:
        if word in text and dice.chance(0.03):
            text = text.replace(word, slip, 1)
    if dice.chance(0.35):
        text += dice.pick(_TAILS)
    elif text[-1] not in "？！" and dice.chance(0.6):
        text += "。"
    text = _punctuated(text, dice)
    if dice.chance(0.04):
        text = text.translate(_TRADITIONAL)
    if dice.chance(0.3):
        text = text.translate(_FULL_WIDTH)
    return text + (dice.pick(_EMOJI[side]) * dice.between(1, 2) if dice.chance(0.1) else "")


def _punctuated(text: str, dice: Dice) -> str:
    """Some people use no punctuation, some blanks, some Western commas, some too much of everything."""
    style = dice.below(100)
    if style < 6:
        return re.sub("[，。？：；、…~！!.]", "", text)
    if style < 13:
        return re.sub("[，。；]+", " ", text).strip()
    if style < 22:
        return text.replace("，", ",").replace("。", ".")
    if style < 30:
        return re.sub("[。，](?=.{4})", lambda mark: mark[0] * 2 if dice.chance(0.5) else "！", text)
    return text
