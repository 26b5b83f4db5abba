"""A simulated series of the size that the studio is made for: 80 episodes, 6 markets, 3,900 cues in each.

    project = make(Path("/tmp/big"))                                  # SQLite
    project = make(Path("/tmp/big"), database="postgresql://...")

Every text is put together from the few phrases below, which are our own; no series is behind it, and its
title says so. What stands on them is the program's own work, not simulated: the barriers that the lexicons
find, the lines as fitted to the screen and what the checks say of them. Equal numbers give an equal series.
Also a command: `python -m bench._studio_series DIR`.
"""

from __future__ import annotations

import random
import sys
import time
from fractions import Fraction
from pathlib import Path

from smallscreen.localize.pipeline import Localizer, find_barriers
from smallscreen.series.model import Draft
from smallscreen.series.project import Project, new_project

MARKETS = ("en-US", "es-419", "id-ID", "ja-JP", "pt-BR", "de-DE")
EPISODES = 80
CUES = 3900
TITLE = "模拟剧集（自动生成）Simulated series"

_PEOPLE = ("林小满", "周浩", "陈静", "王建国", "刘梅", "赵老板")
_SOURCE = (
    "你怎么现在才回来", "外婆，我没事", "这件事跟你没有关系", "我等了你整整三年", "别说了，有人来了",
    "二叔，钱我明天还给你", "你还记得那把钥匙吗", "他从来没有骗过我", "今天是中秋，一起吃饭吧", "好久不见",
    "给我一点面子", "合同在桌子上，你自己看", "姐，妈妈在医院", "我不同意这门亲事", "走吧，车在楼下等着",
    "高考那天，他没有来", "你到底想要什么", "对不起，我来晚了", "这碗面你趁热吃", "门当户对，你懂吗",
)  # fmt: skip
_LINES = {
    "en": (
        "Why are you only back now?", "Grandma, I'm fine.", "This has nothing to do with you.", "I waited three years for you.",
        "Quiet. Somebody's coming.", "You'll have the money tomorrow.", "Do you remember that key?", "He never lied to me.",
        "It's the Moon Festival. Let's eat together.", "It's been a long time.", "Don't shame me in front of them.",
        "The contract's on the table. Read it yourself.", "Mom's in the hospital.", "I won't agree to this marriage.",
        "Come on, the car's downstairs.", "The day of the big exam, he never came.", "What do you really want?",
        "I'm sorry I'm late.", "Eat while it's hot.", "You married above yourself, you know that?",
    ),
    "es": (
        "¿Por qué llegas hasta ahora?", "Abuela, estoy bien.", "Esto no tiene nada que ver contigo.", "Te esperé tres años.",
        "Calla, viene alguien.", "Mañana te pago.", "¿Te acuerdas de esa llave?", "Él nunca me mintió.",
        "Es la fiesta de la luna. Comamos juntos.", "Cuánto tiempo sin verte.", "No me hagas quedar mal.",
        "El contrato está en la mesa. Léelo.", "Mamá está en el hospital.", "No acepto esta boda.", "Vamos, el auto espera abajo.",
        "El día del examen no vino.", "¿Qué quieres en realidad?", "Perdón por llegar tarde.", "Come mientras está caliente.",
        "No son de la misma clase, ¿entiendes?",
    ),
    "id": (
        "Kenapa baru pulang?", "Nek, aku baik-baik saja.", "Ini bukan urusanmu.", "Aku menunggumu tiga tahun.", "Diam, ada orang.",
        "Uangnya kukembalikan besok.", "Ingat kunci itu?", "Dia tidak pernah bohong padaku.", "Ini festival bulan. Ayo makan bersama.",
        "Lama tidak bertemu.", "Jangan permalukan aku.", "Kontraknya di meja. Baca sendiri.", "Mama di rumah sakit.",
        "Aku tidak setuju pernikahan ini.", "Ayo, mobilnya di bawah.", "Hari ujian itu dia tidak datang.", "Apa maumu sebenarnya?",
        "Maaf, aku terlambat.", "Makan selagi panas.", "Kalian tidak sederajat, tahu?",
    ),
    "ja": (
        "どうして今ごろ帰ったの", "おばあちゃん、大丈夫", "あなたには関係ない", "三年も待った", "静かに、人が来る", "お金は明日返す",
        "あの鍵、覚えてる？", "彼は嘘をつかなかった", "今日は十五夜、一緒に食べよう", "久しぶり", "恥をかかせないで", "契約書は机の上だ",
        "お母さんが病院に", "この結婚は認めない", "行こう、車が待ってる", "受験の日、彼は来なかった", "本当は何が欲しいの", "遅れてごめん",
        "熱いうちに食べて", "家柄が違うのよ",
    ),
    "pt": (
        "Por que só voltou agora?", "Vó, estou bem.", "Isso não tem nada a ver com você.", "Esperei você três anos.",
        "Quieto, vem gente.", "Amanhã devolvo o dinheiro.", "Lembra daquela chave?", "Ele nunca mentiu para mim.",
        "É a festa da lua. Vamos comer juntos.", "Quanto tempo.", "Não me envergonhe.", "O contrato está na mesa. Leia.",
        "A mãe está no hospital.", "Não aceito esse casamento.", "Vamos, o carro está lá embaixo.", "No dia da prova ele não veio.",
        "O que você quer de verdade?", "Desculpe o atraso.", "Coma enquanto está quente.", "Vocês não são do mesmo nível.",
    ),
    "de": (
        "Warum kommst du erst jetzt?", "Oma, mir geht es gut.", "Das geht dich nichts an.", "Ich habe drei Jahre gewartet.",
        "Still, da kommt jemand.", "Das Geld kriegst du morgen.", "Weißt du noch, der Schlüssel?", "Er hat mich nie belogen.",
        "Heute ist Mondfest. Essen wir zusammen.", "Lange nicht gesehen.", "Blamier mich nicht.", "Der Vertrag liegt auf dem Tisch.",
        "Mama ist im Krankenhaus.", "Dieser Heirat stimme ich nicht zu.", "Komm, der Wagen wartet.", "Am Prüfungstag kam er nicht.",
        "Was willst du wirklich?", "Verzeih die Verspätung.", "Iss, solange es warm ist.", "Ihr passt nicht zueinander.",
    ),
}  # fmt: skip
_STRATEGIES = ("substitution", "generalization", "omission", "specification")


def make(
    folder: Path, *, database: str | None = None, episodes: int = EPISODES, cues: int = CUES, seed: int = 4
) -> Project:
    """The series in `folder`, which must be empty, with all its editions drafted, fitted and checked."""
    write_source(folder, episodes, cues, seed)
    project = new_project(folder, title=TITLE, database=database)
    find_barriers(project)
    for market in MARKETS:
        draft(project, market, seed)
    return project


def write_source(folder: Path, episodes: int, cues: int, seed: int) -> None:
    """Subtitle files with speakers, and one small silent video for the first episode."""
    rng = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, episodes + 1):
        count = cues * number // episodes - cues * (number - 1) // episodes
        at, blocks, speakers = 600, [], []
        for index in range(1, count + 1):
            which = rng.randrange(len(_SOURCE))
            text = _SOURCE[which] if rng.random() < 0.8 else f"{rng.choice(_PEOPLE)}，{_SOURCE[which]}"
            end = at + 700 + 90 * len(text)
            blocks.append(f"{index}\n{_stamp(at)} --> {_stamp(end)}\n{text}\n")
            speakers.append(f"{index}\t{rng.choice(_PEOPLE)}")
            at = end + rng.choice((40, 200, 500))
        (folder / f"ep{number:03d}.zh.srt").write_text("\n".join(blocks), "utf-8")
        (folder / f"ep{number:03d}.speakers.tsv").write_text("\n".join(speakers) + "\n", "utf-8")
    _video(folder / "video" / "ep001.mp4", 100)


def draft(project: Project, locale: str, seed: int) -> None:
    """One edition: a line for 97 of 100 cues of all episodes but the last two, fitted and checked."""
    rng = random.Random(f"{seed}{locale}")
    phrases = _LINES[locale.split("-")[0]]
    numbers = [e.number for e in project.store.episodes()]
    work = Localizer(project, locale, numbers)
    made = []
    for number in numbers[: max(1, len(numbers) - 2)]:
        for cue in work.cues[number]:
            if rng.random() < 0.03:
                continue
            line = phrases[next(n for n, text in enumerate(_SOURCE) if cue.text.endswith(text))]
            strategy = rng.choice(_STRATEGIES) if rng.random() < 0.15 else None
            reason = "Simulated: no such word in this market." if strategy else None
            made.append(Draft(cue.id, line, "simulated", strategy, reason))
    project.store.put_drafts(work.edition, made)
    work.fit()
    work.check()


def _stamp(ms: int) -> str:
    seconds, ms = divmod(ms, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d},{ms:03d}"


def _video(path: Path, seconds: int) -> None:
    """A vertical video of slowly changing gray: enough to seek in."""
    import av
    import numpy as np

    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream(
            "libx264", rate=Fraction(10), options={"preset": "ultrafast", "g": "10"}
        )
        stream.width, stream.height, stream.pix_fmt = 180, 320, "yuv420p"
        for n in range(seconds * 10):
            picture = np.full((320, 180, 3), 40 + n * 160 // (seconds * 10), np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)


if __name__ == "__main__":
    began = time.perf_counter()
    made = make(Path(sys.argv[1]))
    cues = sum(map(len, made.store.cues().values()))
    print(
        f"{len(made.store.episodes())} episodes, {cues} cues, {len(MARKETS)} markets, {time.perf_counter() - began:.1f} s"
    )
