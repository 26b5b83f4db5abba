"""The form in which Chinese short dramas are written.

    第7集 旧信
    7-2 夜 内 客厅
    人物：林小满、外公
    △ 林小满推门进来。
    林小满（低声）：我回来了。
    林小满OS：他又忘了。
    【字幕：三年前】

There is no standard; what studios write varies in the order of day, inside and place, in full- and
half-width punctuation, and in the words for scene. Everything before the first heading is front
matter (title, synopsis, cast list) and gives no lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from smallscreen.series.names import CHINESE_NUMBER, chinese_number
from smallscreen.series.scripts.base import Collector, Paragraph, Script, ScriptForm

_EPISODE = re.compile(
    rf"(?:《[^》]*》)?\s*(?:第\s*({CHINESE_NUMBER})\s*[集话話回]|(?:EP|Episode)\s*\.?\s*(\d{{1,4}}))(?=$|[\s:：、.．,，《（(·\-—–])"
    r"[\s:：、.．·\-—–]*(.*)",
    re.IGNORECASE,
)
_DASH = r"[-－—–‐]"
_NUMBERED = re.compile(
    rf"[【\[]?\s*(\d{{1,4}})\s*{_DASH}\s*(\d{{1,4}}[A-Za-z]?)\s*(场|場)?\s*[】\]]?\s*[、.．:：]?\s*(.*)"
)
_SCENE_WORD = re.compile(
    rf"[【\[]?\s*(?:(?:场次|場次|场景|場景|场|場)\s*({CHINESE_NUMBER})(?:\s*{_DASH}\s*(\d{{1,4}}))?"
    rf"|第\s*({CHINESE_NUMBER})\s*[场場幕])\s*[】\]]?\s*[、.．:：]?\s*(.*)"
)
_BARE_NUMBER = re.compile(r"(\d{1,4})\s*[、.．:：\s]\s*(.+)")
_INSIDE = {"内": True, "內": True, "内景": True, "內景": True, "外": False, "外景": False}
_TIMES = {
    **dict.fromkeys(["日", "白天", "白日", "上午", "中午", "午", "正午", "下午", "午后", "日景"], "day"),
    **dict.fromkeys(["夜", "晚", "夜晚", "晚上", "深夜", "半夜", "午夜", "夜景"], "night"),
    **dict.fromkeys(["傍晚", "黄昏", "黃昏", "暮"], "dusk"),
    **dict.fromkeys(["晨", "清晨", "早晨", "拂晓", "黎明", "凌晨", "早", "早上"], "dawn"),
}
_TIME_WORDS = sorted([*_TIMES, "日夜", "夜日"], key=len, reverse=True)
_GLUED = re.compile(
    rf"(?:(?P<t1>{'|'.join(_TIME_WORDS)})(?P<i1>内景|外景|[内內外](?:/[内內外])?)?"
    rf"|(?P<i2>内景|外景|[内內外](?:/[内內外])?)(?P<t2>{'|'.join(_TIME_WORDS)})?)"
)
_CAST = re.compile(r"(?:出场|出場)?(?:人物|角色|出场人物|演员|出场)\s*[:：]\s*(.*)")
_ACTION = re.compile(r"[△▲Δ∆▵▷▶]\s*(.*)")
_CAPTION = re.compile(
    r"[【\[（(]\s*(?:字幕|片名|花字|字卡|黑屏字幕)\s*(?:[:：]\s*([^】\])）]*)[】\])）]\s*|[】\])）]\s*[:：]?\s*(.*))|字幕\s*[:：]\s*(.*)"
)
_BRACKETED = re.compile(r"[【\[]([^】\]]*)[】\]]\s*(.*)")
_FLASHBACK = re.compile(
    r"[（(【\[]?\s*(?:闪回|閃回|回忆|回憶|插叙|闪出|闪回结束|回忆结束|现实|蒙太奇)[^：:]{0,12}[）)】\]]?\s*[:：]?$"
)
_ASIDE = r"[（(]([^（()）]*)[）)]"
_VOICE = r"(?:OS|O\.\s?S\.?|VO|V\.\s?O\.?|画外音?|畫外音?|内心独白|内心|心声|心聲|独白|旁白音)"
_SPEECH = re.compile(
    rf"([^：:。！？!?，,；;…“”\"（()）【】\[\]]{{0,24}}?)\s*((?:{_ASIDE}\s*|{_VOICE}\s*)*)[:：]\s*(.*)",
    re.IGNORECASE,
)
_VOICE_WORD = re.compile(rf"^{_VOICE}$", re.IGNORECASE)
_VOICE_TAIL = re.compile(rf"^(.*?)\s*({_VOICE})$", re.IGNORECASE)
# What is written like a speaker but is none.
_NOT_SPEAKERS = frozenset(
    [
        "注",
        "备注",
        "备註",
        "提示",
        "时间",
        "地点",
        "场景",
        "道具",
        "服装",
        "服化",
        "服化道",
        "音乐",
        "音效",
        "背景音乐",
        "BGM",
        "镜头",
        "特写",
        "画面",
        "转场",
        "切",
        "字幕",
        "旁注",
        "说明",
        "剧情",
        "本集看点",
        "钩子",
        "内容",
    ]
)
_ITEM_SPLIT = re.compile(r"[、，,；;/\s]+")


class ShortDrama(ScriptForm):
    """The Chinese short-drama form."""

    id = "drama"
    name = "Chinese short drama"
    description = "第N集, N-M 日 内 地点, △ action, 角色（情绪）：台词"

    def claims(self, paragraphs: Sequence[Paragraph]) -> int:
        count = 0
        for paragraph in paragraphs:
            text = _bare(paragraph.text)
            if _EPISODE.match(text) and not text.isascii():
                count += 5
            elif _scene(text, 1) or _CAST.fullmatch(text):
                count += 2
            elif _ACTION.match(text) or ("：" in text and _SPEECH.fullmatch(text)):
                count += 1
        return count

    def parse(self, paragraphs: Sequence[Paragraph], path: Path) -> Script:
        texts = [_bare(p.text) for p in paragraphs]
        reader = _Reader(texts)
        for text in texts:
            reader.take(text)
        return reader.out.script(path.stem)


class _Reader:
    """Takes a script paragraph by paragraph."""

    def __init__(self, texts: list[str]) -> None:
        self.out = Collector()
        self.marks_action = any(_ACTION.match(t) for t in texts)
        self.has_episodes = any(_EPISODE.fullmatch(t) for t in texts)
        self.front = self.has_episodes or any(_scene(t, 1) for t in texts)
        self.open = ""  # kind of the paragraph right before: "dialogue" may go on in the next one
        self.pending: tuple[str, str | None, str | None] | None = None  # a speaker whose words follow

    def take(self, text: str) -> None:
        if not text:
            self.open = ""
            return
        before, self.open = self.open, ""
        if self._heading(text):
            self.front = False
            self.pending = None
        elif self.front:
            self._front(text)
        elif match := _CAST.fullmatch(text):
            self.out.cast(*_names(match.group(1)))
            if self.out.scene:
                self.out.line("tag", f"人物：{match.group(1)}")
        elif match := _ACTION.match(text):
            self.out.line("action", match.group(1))
        elif match := _CAPTION.fullmatch(text):
            self.out.line("caption", _unquoted(next((g for g in match.groups() if g), "")))
        elif _FLASHBACK.match(text):
            self.out.line("action", text.strip("（()）【】[]：: "))
        elif self.pending:
            kind, speaker, manner = self.pending
            self.pending = None
            self.out.line(kind, _unquoted(text), speaker, manner)
            self.open = "dialogue"
        elif self._speech(text):
            self.open = "dialogue"
        elif match := _BRACKETED.fullmatch(text):
            self.out.line("action", f"{match.group(1)} {match.group(2)}".strip())
        elif before == "dialogue" and self.marks_action and not re.match(r"[（(【\[]", text):
            self.out.extend(text)  # a wrapped line: action is marked in this script
            self.open = "dialogue"
        else:
            self.out.line("action", text.strip("（()）"))

    def _heading(self, text: str) -> bool:
        if match := _EPISODE.fullmatch(text):
            number = chinese_number(match.group(1) or match.group(2))
            if number:
                self.out.begin_episode(number)
                return True
        found = _scene(text, self.out.episode)
        if found is None:
            return False
        episode, scene_id, rest = found
        if not self.has_episodes and episode:
            self.out.begin_episode(episode)
        place, time, interior = _setting(rest)
        self.out.begin_scene(scene_id, place, time, interior)
        return True

    def _front(self, text: str) -> None:
        if self.out.title:
            return
        match = re.match(r"(?:剧名|片名|剧本名|名称|Title)\s*[:：]\s*(.+)", text, re.IGNORECASE) or re.match(
            r"《([^》]+)》", text
        )
        if match:
            self.out.title = match.group(1).strip("《》 ")

    def _speech(self, text: str) -> bool:
        match = _SPEECH.fullmatch(text)
        if match is None:
            return False
        name, qualifiers, words = match.group(1).strip(), match.group(2), match.group(4).strip()
        if name in _NOT_SPEAKERS or re.fullmatch(r"[\d\s.点时]+", name):
            if name in ("时间", "地点", "场景") and self.out.scene:
                self._setting_line(name, words)
            else:
                self.out.line("action", text)
            return True
        kind, manners = "dialogue", []
        tail = _VOICE_TAIL.match(name)
        if tail:
            name, kind = tail.group(1).strip(), _kind(tail.group(2))
        for voice in re.findall(_VOICE, re.sub(_ASIDE, " ", qualifiers), re.IGNORECASE):
            kind = _kind(voice)
        asides = re.findall(_ASIDE, qualifiers)
        if opening := re.match(_ASIDE + r"\s*(?=\S)", words):
            asides.append(opening.group(1))
            words = words[opening.end() :]
        for aside in asides:
            for part in re.split(r"[，,、;；\s]+", aside):
                if _VOICE_WORD.match(part):
                    kind = _kind(part)
                elif part:
                    manners.append(part)
        if name in ("旁白", "解说", "画外"):
            kind, name = "vo", name if name != "画外" else ""
        if not name and kind == "dialogue":
            return False
        speaker = name or self._whose()
        self.out.cast(*(_names(speaker) if speaker and kind != "vo" else ()))
        manner = "，".join(manners) or None
        if words:
            self.out.line(kind, _unquoted(words), speaker, manner)
        else:
            self.pending = (kind, speaker, manner)
        return True

    def _whose(self) -> str | None:
        """Who thinks when only `OS：` is written: who spoke last in the scene, else who is alone in it."""
        scene = self.out.scene
        for line in reversed(self.out.lines[-20:]):
            if (
                line.speaker
                and line.scene == (scene.id if scene else None)
                and line.episode == self.out.episode
            ):
                return line.speaker
        return scene.characters[0] if scene and len(scene.characters) == 1 else None

    def _setting_line(self, name: str, words: str) -> None:
        if name == "时间":
            self.out.place(time=_TIMES.get(words, words))
            return
        place, time, interior = _setting(words)
        self.out.place(place=place)
        if time:
            self.out.place(time=time)
        if interior is not None:
            self.out.place(interior=interior)


def _scene(text: str, episode: int) -> tuple[int | None, str | None, str] | None:
    """(episode, scene id, rest of the heading) when `text` is a scene heading, else None."""
    if len(text) > 80:
        return None
    if match := _NUMBERED.fullmatch(text):
        first, second, word, rest = match.groups()
        _, time, interior = _setting(rest)
        # "3-5 人" is no scene: something must say so, be it only that nothing else follows.
        if word or time or interior is not None or not rest or text[0] in "【[":
            return int(first), f"{int(first)}-{second}", rest
        return None
    if match := _SCENE_WORD.fullmatch(text):
        first, second, nth, rest = match.groups()
        if first and second:
            return chinese_number(first), f"{chinese_number(first)}-{second}", rest
        number = chinese_number(first or nth)
        return (None, f"{episode}-{number}", rest) if number is not None else None
    if (match := _BARE_NUMBER.fullmatch(text)) and _is_setting(match.group(2)):
        return None, f"{episode}-{int(match.group(1))}", match.group(2)
    if re.match(r"(?:内景|外景|內景)[\s.．、:：]", text) and not re.search("[。！？]", text):
        return None, None, text
    return None


def _is_setting(text: str) -> bool:
    _, time, interior = _setting(text)
    return bool(time) and interior is not None and not re.search("[：:。！？]", text)


def _setting(text: str) -> tuple[str, str, bool | None]:
    """(place, time, interior) of a heading's words, in whatever order they stand."""
    time, inside, place = "", [], []
    words = [
        w for w in re.split(r"[\s、，,。.．·|/／\\；;:：]+|(?<=\S)[-－—–]+(?=\S)", text.strip("【】[]")) if w
    ]
    for word in words:
        match = _GLUED.fullmatch(word)
        if match is None:
            place.append(word)
            continue
        when = match.group("t1") or match.group("t2")
        where = match.group("i1") or match.group("i2")
        if when:
            time = time or _TIMES.get(when, when)
        if where:
            inside += [_INSIDE[w] for w in where.split("/")]
    interior = inside[0] if inside and len(set(inside)) == 1 else None
    return " ".join(place).strip("（() ）") if len(place) == 1 else " ".join(place), time, interior


def _names(text: str) -> list[str]:
    return [name for name in _ITEM_SPLIT.split(re.sub(_ASIDE, "", text)) if name and len(name) <= 20]


def _kind(voice: str) -> str:
    word = voice.upper().replace(".", "").replace(" ", "")
    return "vo" if word in ("VO", "画外音", "画外", "畫外音", "畫外", "旁白音") else "os"


def _unquoted(text: str) -> str:
    text = text.strip()
    if len(text) > 2 and text[0] in '“"「' and text[-1] in '”"」' and not re.search('[“”"「」]', text[1:-1]):
        return text[1:-1]
    return text


def _bare(text: str) -> str:
    """A paragraph without Markdown's signs, odd spaces and marks."""
    text = text.replace("\u3000", " ").replace("\xa0", " ").replace("\t", " ").replace("\ufeff", "")
    text = re.sub(r"^\s*(?:#{1,6}\s+|>\s+|[-*+]\s+)", "", text)
    return text.replace("**", "").replace("__", "").strip()
