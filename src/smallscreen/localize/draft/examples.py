"""The examples that show a base model what to do: everyday lines with their renderings.

A base model continues a pattern, so the pattern is all that it is told. Short lines and many turns of
speech serve it better than explanations, of which it understands none.
"""

from __future__ import annotations

from smallscreen.engines.chat import Message
from smallscreen.errors import UserError
from smallscreen.series.markets import Market
from smallscreen.series.model import Cue

MAX_SOURCE = 120
"""Characters of a line that the small model is given."""

_SOURCE = (
    "你好！",
    "你怎么来了？",
    "我不知道该怎么办",
    "快点 我们要迟到了",
    "他是我爸爸",
    "别哭了 没事的",
    "这件衣服多少钱？",
)

_LINES: dict[str, tuple[str, ...]] = {
    "en": (
        "Hello!",
        "What are you doing here?",
        "I don't know what to do.",
        "Hurry up, we're going to be late.",
        "He's my father.",
        "Don't cry. It's all right.",
        "How much is this dress?",
    ),
    "es": (
        "¡Hola!",
        "¿Qué haces aquí?",
        "No sé qué hacer.",
        "Rápido, vamos a llegar tarde.",
        "Es mi papá.",
        "No llores. No pasa nada.",
        "¿Cuánto cuesta este vestido?",
    ),
    "pt": (
        "Oi!",
        "O que você está fazendo aqui?",
        "Não sei o que fazer.",
        "Rápido, vamos nos atrasar.",
        "Ele é meu pai.",
        "Não chore. Está tudo bem.",
        "Quanto custa este vestido?",
    ),
    "id": (
        "Halo!",
        "Kenapa kamu di sini?",
        "Aku tidak tahu harus bagaimana.",
        "Cepat, kita akan terlambat.",
        "Dia ayahku.",
        "Jangan menangis. Tidak apa-apa.",
        "Berapa harga baju ini?",
    ),
    "fr": (
        "Bonjour !",
        "Qu'est-ce que tu fais ici ?",
        "Je ne sais pas quoi faire.",
        "Vite, on va être en retard.",
        "C'est mon père.",
        "Ne pleure pas. Ça va aller.",
        "Combien coûte cette robe ?",
    ),
    "de": (
        "Hallo!",
        "Was machst du hier?",
        "Ich weiß nicht, was ich tun soll.",
        "Schnell, wir kommen zu spät.",
        "Er ist mein Vater.",
        "Nicht weinen. Alles ist gut.",
        "Wie viel kostet dieses Kleid?",
    ),
    "vi": (
        "Xin chào!",
        "Sao em lại đến đây?",
        "Tôi không biết phải làm sao.",
        "Nhanh lên, chúng ta trễ mất.",
        "Ông ấy là bố tôi.",
        "Đừng khóc. Không sao đâu.",
        "Cái áo này bao nhiêu tiền?",
    ),
    "th": (
        "สวัสดี!",
        "คุณมาทำอะไรที่นี่",
        "ฉันไม่รู้จะทำยังไง",
        "เร็วเข้า เราจะสายแล้ว",
        "เขาเป็นพ่อของฉัน",
        "อย่าร้องไห้ ไม่เป็นไรนะ",
        "ชุดนี้ราคาเท่าไหร่",
    ),
    "ja": (
        "こんにちは！",
        "どうしてここに？",
        "どうすればいいのか分からない",
        "急いで、遅れちゃう",
        "彼は僕の父だ",
        "泣かないで、大丈夫だから",
        "この服はいくらですか？",
    ),
    "ko": (
        "안녕!",
        "여긴 어쩐 일이야?",
        "어떻게 해야 할지 모르겠어.",
        "빨리, 우리 늦겠어.",
        "저분은 우리 아빠야.",
        "울지 마. 괜찮아.",
        "이 옷 얼마예요?",
    ),
    "ar": (
        "مرحبا!",
        "ماذا تفعل هنا؟",
        "لا أعرف ماذا أفعل.",
        "أسرع، سنتأخر.",
        "إنه أبي.",
        "لا تبكي، كل شيء بخير.",
        "كم ثمن هذا الفستان؟",
    ),
    "hi": (
        "नमस्ते!",
        "तुम यहाँ कैसे?",
        "मुझे नहीं पता क्या करूँ।",
        "जल्दी करो, हमें देर हो जाएगी।",
        "वे मेरे पिता हैं।",
        "मत रोओ, सब ठीक है।",
        "यह कपड़ा कितने का है?",
    ),
}


def messages(cue: Cue, market: Market) -> list[Message]:
    """The prompt for one cue. UserError when there are no examples in the market's language."""
    lines = _LINES.get(market.language)
    if lines is None:
        raise UserError(
            f"The local model has no examples in the language of {market.locale}; use --engine openai or --drafts."
        )
    shown = "".join(f"{a} = {b}\n" for a, b in zip(_SOURCE, lines, strict=True))
    return [{"role": "user", "content": f"{shown}{' '.join(cue.text.split())[:MAX_SOURCE]} ="}]
