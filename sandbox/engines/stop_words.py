"""Function words of Russian and English: they say how a sentence is built, not what it is about."""

RUSSIAN = """
и а но да или либо ни не то же ли бы б ж ведь вот даже лишь только уже ещё тоже также если чтобы чтоб что как когда
пока хотя потому поэтому затем раз будто словно нежели тогда там тут здесь туда сюда где куда откуда зачем почему
в во на с со к ко по за из изо от ото до о об обо у без для про при над под перед передо через между около после среди
ради сквозь вместо кроме против вокруг насчёт я мы ты вы он она оно они меня мне мной мною нас нам нами тебя тебе тобой
вас вам вами его ему им нём него нему ним её ей ею неё ней их ими них себя себе собой мой моя моё мои моего моей моих
моему моим мою твой твоя твои наш наша наше наши нашего нашей нашу ваш ваша ваше ваши вашего вашей вашу свой своя своё
свои своего своей своих своему своим свою этот эта это эти этого этой этих этому этим эту тот та те того той тех тому
тем ту такой такая такое такие такого такую кто кого кому кем чего чему чем чём какой какая какое какие какого каких
какому какую каком каким какими который которая которое которые которого которой которых котором чей сколько весь вся
всё все всего всей всех всем всю сам сама само сами самого другой другая другие другого других каждый каждая каждое
каждого любой любая любое любого быть был была было были есть буду будет будут будем быв нет нельзя можно нужно надо
нужен нужна нужны может могу можем могут мочь должен должна должны очень так уж более менее больше меньше много мало
ну вдруг опять снова всегда никогда сейчас теперь потом
"""
ENGLISH = """
a an the of to in on at by for with from into onto as than then so but and or nor not no if because while until during
before after above below over under between among against through about around up down out off again once also only just
too very more most much many some any all each every both either neither other another such own same there here
i me my mine we us our ours you your yours he him his she her hers it its they them their theirs
this that these those who whom whose which what when where why how
be am is are was were been being do does did done doing have has had having can could may might must shall should will
would get gets got let lets s t d ll m re ve don doesn didn isn aren wasn won
"""
STOP_WORDS = frozenset(f"{RUSSIAN} {ENGLISH}".replace("ё", "е").split())
