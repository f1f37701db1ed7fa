"""A corpus of any size from a small grammar of our own: paragraphs of everyday sentences, Russian and English."""

import random
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Grammar:
    """Words of a language, one list for each place of a sentence."""

    subjects: Sequence[str]
    actions: Sequence[str]
    objects: Sequence[str]
    places: Sequence[str]
    times: Sequence[str]

    def sentence(self, chance: random.Random) -> str:
        """Return a sentence; the number makes most of them unique."""
        subject, action, thing = chance.choice(self.subjects), chance.choice(self.actions), chance.choice(self.objects)
        place, moment = chance.choice(self.places), chance.choice(self.times)
        return f"{subject} {action} {chance.randint(2, 9999)} {thing} {place} {moment}."


ENGLISH = Grammar(
    subjects=("The courier", "A neighbour", "The night shift", "Our gardener", "The librarian", "Every second visitor"),
    actions=("delivers", "counts", "repairs", "paints", "orders", "returns", "weighs", "labels", "forgets", "inspects"),
    objects=("kettles", "parcels", "bicycles", "window frames", "invoices", "apple trees", "batteries", "suitcases"),
    places=("behind the station", "in the old warehouse", "at the market", "on the third floor", "near the river"),
    times=("before noon", "every other Thursday", "during the holidays", "as soon as it rains", "without any notice"),
)
RUSSIAN = Grammar(
    subjects=("Курьер", "Сосед", "Ночная смена", "Наш садовник", "Библиотекарь", "Каждый второй посетитель"),
    actions=("привозит", "считает", "чинит", "красит", "заказывает", "возвращает", "взвешивает", "проверяет"),
    objects=("чайников", "посылок", "велосипедов", "оконных рам", "накладных", "яблонь", "батареек", "чемоданов"),
    places=("за вокзалом", "на старом складе", "на рынке", "на третьем этаже", "у реки", "в подвале школы"),
    times=("до полудня", "через четверг", "во время праздников", "как только пойдёт дождь", "без предупреждения"),
)


def document(grammars: Sequence[Grammar], paragraphs: int, sentences: int, seed: int) -> str:
    """Return a text whose paragraphs, separated by an empty line, take the languages in turn."""
    chance = random.Random(seed)  # noqa: S311  the same corpus each time
    texts = [
        " ".join(grammars[number % len(grammars)].sentence(chance) for _ in range(sentences))
        for number in range(paragraphs)
    ]
    return "\n\n".join(texts)
