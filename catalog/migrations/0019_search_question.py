"""What is asked of the index of courses, made from the words in one place."""

from django.db import migrations

# Each word may stand there as it is, begin a longer one, or have another form that a grammar knows.
# What the beginning finds already is not asked for twice: PostgreSQL would look it up, count it and
# rank it once more for each grammar. Words that say nothing, such as "the", are left out unless
# there are no others. The cost keeps PostgreSQL from a plan for any words, in which it would make the
# question for each row anew: half a second for 10,000 courses. For certain words it makes it once.
QUESTION = """
CREATE FUNCTION catalog_search_question(words text[], grammars text[]) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10000 AS $$
DECLARE
    word text;
    grammar text;
    stem tsquery;
    form tsquery;
    says_something boolean;
    telling tsquery := '';
    every tsquery := '';
BEGIN
    FOREACH word IN ARRAY words LOOP
        form := to_tsquery('simple', quote_literal(word) || ':*');
        says_something := true;
        FOREACH grammar IN ARRAY grammars LOOP
            stem := plainto_tsquery(grammar::regconfig, word);
            IF numnode(stem) = 0 THEN
                says_something := false;
            ELSIF NOT starts_with(stem::text, '''' || word) AND NOT form @> stem THEN
                form := form || stem;
            END IF;
        END LOOP;
        every := every && form;
        IF says_something THEN
            telling := telling && form;
        END IF;
    END LOOP;
    RETURN coalesce(nullif(telling, ''::tsquery), every);
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0018_words_of_lessons"),
    ]

    operations = [
        migrations.RunSQL(QUESTION, "DROP FUNCTION catalog_search_question(text[], text[])"),
    ]
