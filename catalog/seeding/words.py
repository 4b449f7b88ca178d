"""What made-up courses are made of."""

# Of each topic: its name, what one can learn of it, and what one does there.
TOPICS: dict[str, tuple[list[str], list[str]]] = {
    "Cooking": (
        "Bread, Sourdough, Fresh pasta, Dumplings, Curry, Pickling, Chocolate, Soup, Knife skills, "
        "Fermentation, Pastry, Grilling, Rice, Vegetables, Sauces, Ice cream".split(", "),
        "bake, season, taste, knead, simmer, roast".split(", "),
    ),
    "Programming": (
        "Python, Rust, JavaScript, Testing, Refactoring, Regular expressions, Command lines, Git, "
        "Algorithms, Web servers, Debugging, Compilers, Django, Concurrency".split(", "),
        "write, test, read, debug, ship, measure".split(", "),
    ),
    "Databases": (
        "SQL, PostgreSQL, Indexes, Query plans, Data models, Migrations, Backups, "
        "Window functions, Full-text search, Transactions".split(", "),
        "query, model, tune, join, restore, count".split(", "),
    ),
    "Astronomy": (
        "The night sky, The Moon, Telescopes, Planets, Meteor showers, Star charts, The Sun, "
        "Galaxies, Astrophotography, Constellations".split(", "),
        "find, watch, sketch, photograph, name, time".split(", "),
    ),
    "Drawing": (
        "Perspective, Portraits, Hands, Ink, Charcoal, Sketchbooks, Light and shadow, Trees, "
        "Urban sketching, Still life".split(", "),
        "draw, observe, hatch, simplify, shade, correct".split(", "),
    ),
    "Painting": (
        "Watercolor, Gouache, Oil paint, Color mixing, Landscapes, Skies, Glazing, Palettes, "
        "Brushes, Abstract painting".split(", "),
        "mix, glaze, paint, layer, frame, restrain".split(", "),
    ),
    "Photography": (
        "Composition, Street photography, Available light, Darkroom printing, Macro, Film cameras, "
        "Night photography, Food photography, Editing, Portrait light".split(", "),
        "frame, expose, print, wait, edit, choose".split(", "),
    ),
    "Music": (
        "Piano, Guitar, Singing, Harmony, Rhythm, Ukulele, Songwriting, Sight reading, Drums, "
        "Recording, Jazz, Violin".split(", "),
        "play, listen, count, practice, sing, record".split(", "),
    ),
    "Gardening": (
        "Tomatoes, Compost, Roses, Herbs, Pruning, Balcony gardens, Soil, Seeds, Beekeeping, "
        "Fruit trees, Ponds, Lawns".split(", "),
        "sow, prune, water, graft, weed, harvest".split(", "),
    ),
    "Woodworking": (
        "Dovetails, Hand planes, Sharpening, Spoon carving, Chairs, Shelves, Finishing, "
        "Wood turning, Joinery, Green wood".split(", "),
        "saw, plane, carve, join, sharpen, finish".split(", "),
    ),
    "Textiles": (
        "Knitting, Weaving, Sewing, Mending, Natural dyes, Embroidery, Quilts, Pattern cutting, "
        "Spinning, Crochet".split(", "),
        "stitch, weave, cut, mend, dye, fit".split(", "),
    ),
    "Writing": (
        "Short stories, Essays, Memoir, Dialogue, Editing, Poetry, Plot, Letters, Speeches, "
        "Children's books, Crime novels".split(", "),
        "draft, cut, revise, read aloud, finish, listen".split(", "),
    ),
    "Languages": (
        "Italian, Indonesian, German, Japanese, Spanish, Latin, Sign language, Pronunciation, "
        "Grammar, French, Portuguese".split(", "),
        "speak, listen, read, answer, ask, repeat".split(", "),
    ),
    "Mathematics": (
        "Probability, Geometry, Calculus, Proofs, Statistics, Number theory, Linear algebra, "
        "Graphs, Mental arithmetic, Topology".split(", "),
        "prove, estimate, solve, draw, check, guess".split(", "),
    ),
    "Science": (
        "Chemistry, Optics, Botany, Geology, Weather, Evolution, Electricity, The brain, Birds, "
        "Microscopes, Oceans".split(", "),
        "observe, measure, explain, collect, compare, test".split(", "),
    ),
    "History": (
        "Maps, Rome, The Silk Road, Archives, Family trees, Castles, Trade routes, Islands, "
        "Railways, Medicine, Printing".split(", "),
        "read, date, compare, trace, retell, doubt".split(", "),
    ),
    "Business": (
        "Pricing, Bookkeeping, Negotiation, Small shops, Cash flow, Newsletters, Contracts, "
        "Interviews, Hiring, Freelancing".split(", "),
        "price, plan, ask, sell, count, decide".split(", "),
    ),
    "Design": (
        "Typography, Grids, Logos, Color, Book design, Interfaces, Wayfinding, Icons, Posters, "
        "Packaging".split(", "),
        "set, align, reduce, test, choose, print".split(", "),
    ),
    "Outdoors": (
        "Knots, Map and compass, Foraging, Camp cooking, Hiking, Kayaking, Weather signs, "
        "Tracking, Climbing, Mushrooms, Winter camping".split(", "),
        "tie, read, pack, find, walk, rest".split(", "),
    ),
    "Health": (
        "Sleep, Running, Yoga, Posture, Breathing, Stretching, First aid, Swimming, Meditation, "
        "Strength".split(", "),
        "breathe, move, rest, stretch, notice, train".split(", "),
    ),
    "Games": (
        "Chess, Go, Bridge, Card tricks, Puzzles, Board game design, Crosswords, Backgammon, "
        "Endgames, Openings".split(", "),
        "play, plan, open, defend, count, win".split(", "),
    ),
    "Repair": (
        "Bicycles, Clocks, Furniture, Radios, Plumbing, Fountain pens, Shoes, Lamps, Books, "
        "Sewing machines".split(", "),
        "open, clean, oil, solder, replace, adjust".split(", "),
    ),
}

TITLES = [
    "{subject} from Scratch",
    "{subject} for Quiet Evenings",
    "The Patient Guide to {subject}",
    "{subject} in a Weekend",
    "A First Year of {subject}",
    "{subject}, Properly",
    "{subject} Without Fear",
    "Understanding {subject}",
    "{subject}: the Next Step",
    "{subject} at the Kitchen Table",
    "What Nobody Tells You about {subject}",
    "{subject} with Your Own Hands",
    "Thirty Days of {subject}",
    "{subject} for the Curious",
    "The Craft of {subject}",
    "Old and New {subject}",
    "Small {subject}, Great Joy",
    "{subject} with {other}",
]
SUMMARIES = [
    "Learn to {first} and {second} with calm, clear lessons and something finished every week.",
    "A short course for people who want to {first} well, and to know why it works.",
    "Everything I wish I had known before I began to {first}, {second} and {third}.",
    "Twelve quiet lessons on how to {first}, with exercises that fit into an evening.",
    "From the first attempt to the tenth: {first}, {second}, and mend what went wrong.",
    "What matters about {subject}, what does not, and how to {first} with confidence.",
]
# In other languages: title, summary.
ELSEWHERE: dict[str, list[tuple[str, str]]] = {
    "id": [
        (
            "Belajar {subject} dari Nol",
            "Pelajaran singkat dan tenang, dengan latihan setiap minggu.",
        ),
        ("{subject} untuk Pemula", "Langkah demi langkah, sampai Anda bisa melakukannya sendiri."),
        ("Kelas {subject} di Rumah", "Belajar di rumah, dengan alat yang sederhana."),
    ],
    "de": [
        ("{subject} von Grund auf", "Ruhige Lektionen mit Übungen für lange Abende."),
        ("{subject} für Neugierige", "Was man wissen muss, und was man getrost vergessen kann."),
        ("Endlich {subject}", "Schritt für Schritt, ohne Eile und ohne Angst vor Fehlern."),
    ],
    "es": [
        ("{subject} desde cero", "Lecciones breves y claras, con ejercicios para cada semana."),
        ("{subject} sin miedo", "Paso a paso, con calma, hasta que salga bien."),
    ],
    "fr": [
        ("{subject} pas à pas", "Des leçons calmes et claires, avec un exercice par semaine."),
        ("Le plaisir : {subject}", "Tout ce qu'il faut savoir pour bien commencer."),
    ],
}
# How many of a hundred courses are in which language.
LANGUAGES = {"en": 84, "id": 7, "de": 5, "es": 2, "fr": 2}

LESSONS = [
    "Before you begin",
    "What you need, and what you do not",
    "The first attempt",
    "How to {first}",
    "How to {second}",
    "How to {third}",
    "Five common mistakes",
    "{subject} up close",
    "A closer look at {other}",
    "When it goes wrong",
    "A small project",
    "A larger project",
    "Working faster, later",
    "Looking back",
    "Where to go from here",
]
SECTIONS = ["Beginning", "In practice", "Further on"]
OUTCOMES = [
    "{first} without looking anything up",
    "Know when to {second}, and when to leave it",
    "Finish a small project in {subject}",
    "See what went wrong, and {third}",
    "Explain {subject} to a friend",
]
BODIES = [
    "Take ten minutes and look closely before you touch anything. Write down three things that "
    "you notice.\n\nThen begin, slowly.",
    "This goes wrong for everybody at first. *That is the lesson.* Do it again, and change one "
    "thing only.",
    "- Lay out what you need.\n- Do the smallest part that could work.\n- Stop, and look at it.",
    "A good rule: if it feels hurried, it is. Put the clock away, and come back to it tomorrow.",
]
FIRST_NAMES = (
    "Ada Amir Anneke Ayu Bagus Beatriz Carmen Chidi Dewi Elif Emeka Fatima Freya Giulia Hana "
    "Henrik Ines Ivan Jonas Kofi Lars Leila Lucia Made Mara Mateo Mei Nadia Nils Olga Omar "
    "Priya Putu "
    "Rosa Ruth Samir Sofia Tarek Tomas Wayan Yuki Zoe"
).split()
LAST_NAMES = (
    "Adeyemi Andersen Becker Costa Dubois Eriksen Fischer Garcia Haddad Ibrahim Jansen Kovac Laine "
    "Lind Marino Mensah Moreau Novak Okafor Pratama Quist Rahman Rossi Santoso Sato Silva Tanaka "
    "Utami Vega Wirawan Yilmaz Zhou"
).split()
PRICES = [0, 900, 1900, 2900, 2900, 3900, 3900, 4900, 5900, 7900, 9900, 14900]  # US cents
