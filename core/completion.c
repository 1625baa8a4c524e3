#include "core/completion.h"

#include <string.h>

#include "core/offers.h"

/* In single quotes, for bash, zsh and fish alike; none of the tables' texts ends with a backslash.
 */
static void print_quoted(const char *text, FILE *stream)
{
    fputc('\'', stream);
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\"'\"'", stream);
        else
            fputc(*text == '\n' ? ' ' : *text, stream);
    }
    fputc('\'', stream);
}

/* For zsh's _arguments: brackets and colons have a meaning there. */
static void print_zsh_text(const char *text, FILE *stream)
{
    for (; *text; text++) {
        if (strchr("[]:\\", *text))
            fputc('\\', stream);
        if (*text == '\'')
            fputs("'\"'\"'", stream);
        else
            fputc(*text == '\n' ? ' ' : *text, stream);
    }
}

static void print_list(const StringList *list, const char *separator, FILE *stream)
{
    for (int i = 0; i < list->count; i++)
        fprintf(stream, "%s%s", i > 0 ? separator : "", list->items[i]);
}

typedef void FieldPrinter(const Field *f, const Command *c, FILE *stream);

static void for_fields(const Command *c, FieldPrinter *print, FILE *stream)
{
    for (const Field *f = c->options; f->name; f++)
        print(f, c, stream);
    for (const Field *f = command_common_fields(c); f->name; f++)
        print(f, c, stream);
}

/* ---- bash ----------------------------------------------------------------------------------- */

/* bash takes "--model=x" apart at '=' unless COMP_WORDBREAKS lacks it. */
static const char BASH_BEGIN[] =
    "# bash completion for unmush: made by `unmush completion bash`\n"
    "_unmush_words() {\n"
    "    mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -W \"$1\" -- \"$cur\")\n"
    "}\n"
    "_unmush_folders() {\n"
    "    compopt -o filenames 2>/dev/null\n"
    "    mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -d -- \"$cur\")\n"
    "}\n"
    "_unmush_files() { # EXTENSION...: files of these, or of all, and folders on the way\n"
    "    local file extension\n"
    "    _unmush_folders\n"
    "    while IFS= read -r file; do\n"
    "        [ -d \"$file\" ] && continue\n"
    "        [ $# = 0 ] && COMPREPLY+=(\"$file\")\n"
    "        for extension; do\n"
    "            [[ ${file,,} == *.$extension ]] && COMPREPLY+=(\"$file\")\n"
    "        done\n"
    "    done < <(compgen -f -- \"$cur\")\n"
    "    return 0\n"
    "}\n";
/* For each command: ..._value OPTION, which fails where it takes none, ..._options and
 * ..._arguments. */
static const char BASH_END[] =
    "_unmush() {\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} at=$COMP_CWORD first option command=${COMP_WORDS[1]}\n"
    "    COMPREPLY=()\n"
    "    if [ \"$at\" = 1 ]; then\n"
    "        _unmush_words \"$_unmush_commands completion --help --version\"\n"
    "        return\n"
    "    fi\n"
    "    if [ \"$command\" = completion ]; then\n"
    "        _unmush_words 'bash zsh fish'\n"
    "        return\n"
    "    fi\n"
    "    [[ \" $_unmush_commands \" == *\" $command \"* ]] || return\n"
    "    if [[ $cur == --*=* ]]; then # COMP_WORDBREAKS has no =\n"
    "        option=${cur%%=*} cur=${cur#*=}\n"
    "        \"_unmush_${command}_value\" \"$option\" && "
    "COMPREPLY=(\"${COMPREPLY[@]/#/$option=}\")\n"
    "        return\n"
    "    fi\n"
    "    [ \"$cur\" = = ] && cur= at=$((at + 1))\n"
    "    first=$at\n"
    "    while [ \"${COMP_WORDS[at - 1]}\" = = ]; do at=$((at - 2)); done # --images = NAME = DIR\n"
    "    [ \"$at\" = \"$first\" ] && at=$((at - 1))\n"
    "    option=${COMP_WORDS[at]}\n"
    "    [[ $option == -* ]] && \"_unmush_${command}_value\" \"$option\" && return\n"
    "    if [[ $cur == -* ]]; then\n"
    "        _unmush_words \"$(\"_unmush_${command}_options\") --help\"\n"
    "        [[ ${COMPREPLY[*]} == *= ]] && compopt -o nospace 2>/dev/null\n"
    "        return\n"
    "    fi\n"
    "    \"_unmush_${command}_arguments\"\n"
    "}\n"
    "complete -F _unmush unmush\n";

static void print_bash_offers(const Offers *o, FILE *stream)
{
    bool any = false;
    if (o->words.count > 0) {
        fputs("_unmush_words '", stream);
        print_list(&o->words, " ", stream);
        fputs("'; ", stream);
        any = true;
    }
    if (o->files || o->extensions.count > 0) {
        fputs("_unmush_files", stream);
        for (int i = 0; i < o->extensions.count && !o->files; i++)
            fprintf(stream, " %s", o->extensions.items[i]);
        fputs("; ", stream);
    } else if (o->folders) {
        fputs("_unmush_folders; ", stream);
    } else if (!any) {
        fputs(": ", stream);
    }
}

static void print_bash_value(const Field *f, const Command *c, FILE *stream)
{
    if (!fields_argument(f))
        return;
    Offers o = offers_of_field(f);
    (void)c;
    fprintf(stream, "    --%s", f->name);
    if (f->letter)
        fprintf(stream, " | -%c", f->letter);
    fputs(") ", stream);
    print_bash_offers(&o, stream);
    fputs(";;\n", stream);
    offers_free(&o);
}

static void print_bash_option(const Field *f, const Command *c, FILE *stream)
{
    (void)c;
    if (f->letter)
        fprintf(stream, "-%c ", f->letter);
    fprintf(stream, "--%s%s ", f->name, fields_argument(f) ? "=" : "");
}

static void print_bash(const Command *c, FILE *stream)
{
    Offers o = offers_of_command(c);
    fprintf(stream, "_unmush_%s_value() {\n    case $1 in\n", c->name);
    for_fields(c, print_bash_value, stream);
    fprintf(stream, "    *) return 1 ;;\n    esac\n}\n_unmush_%s_options() {\n    echo '", c->name);
    for_fields(c, print_bash_option, stream);
    fprintf(stream, "'\n}\n_unmush_%s_arguments() {\n    ", c->name);
    print_bash_offers(&o, stream);
    fputs("\n}\n", stream);
    offers_free(&o);
}

/* ---- zsh ------------------------------------------------------------------------------------ */

static const char ZSH_BEGIN[] = "#compdef unmush\n"
                                "# zsh completion for unmush: made by `unmush completion zsh`\n";
static const char ZSH_END[] =
    "_unmush() {\n"
    "    if (( CURRENT == 2 )); then\n"
    "        compadd -- ${=_unmush_commands} completion --help --version\n"
    "    elif [[ $words[2] == completion ]]; then\n"
    "        compadd bash zsh fish\n"
    "    elif (( $+functions[_unmush_$words[2]] )); then\n"
    "        local command=$words[2]\n"
    "        shift words\n"
    "        (( CURRENT-- ))\n"
    "        _unmush_$command\n"
    "    fi\n"
    "}\n"
    "if [[ $funcstack[1] == _unmush ]]; then\n"
    "    _unmush \"$@\"\n"
    "else\n"
    "    compdef _unmush unmush\n"
    "fi\n";

/* The action behind the last colon, inside of single quotes. */
static void print_zsh_action(const Offers *o, FILE *stream)
{
    bool files = o->files || o->extensions.count > 0;
    if (o->words.count > 0 && !files && !o->folders) {
        fputc('(', stream);
        print_list(&o->words, " ", stream);
        fputc(')', stream);
    } else if (o->files) {
        fputs("_files", stream);
    } else if (files) {
        fputs("_files -g \"*.(", stream);
        print_list(&o->extensions, "|", stream);
        fputs(")(-.)\"", stream);
    } else if (o->folders) {
        fputs("_files -/", stream);
    } else {
        fputc(' ', stream);
    }
}

static void print_zsh_option(const Field *f, const Command *c, FILE *stream)
{
    const char *argument = fields_argument(f);
    (void)c;
    fputs(" \\\n        ", stream);
    if (f->kind == FIELD_STRINGS)
        fputs("'*'", stream);
    else if (f->letter)
        fprintf(stream, "'(-%c --%s)'", f->letter, f->name);
    if (f->letter)
        fprintf(stream, "{-%c%s,--%s%s}", f->letter, argument ? "+" : "", f->name,
                argument ? "=" : "");
    else
        fprintf(stream, "--%s%s", f->name, argument ? "=" : "");
    fputs("'[", stream);
    print_zsh_text(f->help ? f->help : "", stream);
    fputc(']', stream);
    if (argument) {
        Offers o = offers_of_field(f);
        fputc(':', stream);
        print_zsh_text(f->choices ? f->name : argument, stream);
        fputc(':', stream);
        print_zsh_action(&o, stream);
        offers_free(&o);
    }
    fputc('\'', stream);
}

static void print_zsh(const Command *c, FILE *stream)
{
    Offers o = offers_of_command(c);
    fprintf(stream, "_unmush_%s() {\n    _arguments -S", c->name);
    for_fields(c, print_zsh_option, stream);
    fputs(" \\\n        '--help[how it is used]'", stream);
    if (o.files || o.folders || o.words.count > 0 || o.extensions.count > 0) {
        fputs(" \\\n        '*:argument:", stream);
        print_zsh_action(&o, stream);
        fputc('\'', stream);
    }
    fputs("\n}\n", stream);
    offers_free(&o);
}

/* ---- fish ----------------------------------------------------------------------------------- */

static const char FISH_BEGIN[] =
    "# fish completion for unmush: made by `unmush completion fish`\n"
    "function __unmush_files # EXTENSION...: files of these, and folders on the way\n"
    "    set -l token (commandline -ct | string replace -r -- '^-[^=]*=' '')\n"
    "    __fish_complete_path $token | string match -ri -- '^.*(?:/|\\.(?:'(string join '|' "
    "$argv)'))(?:\\t.*)?$'\n"
    "end\n"
    "complete -c unmush -f\n"
    "complete -c unmush -n __fish_use_subcommand -l help -d 'the commands'\n"
    "complete -c unmush -n __fish_use_subcommand -l version -d 'of every library'\n"
    "complete -c unmush -n __fish_use_subcommand -a completion -d 'what completes these in a "
    "shell'\n"
    "complete -c unmush -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'\n";

static void print_fish_offers(const Offers *o, const char *option, FILE *stream)
{
    bool files = o->files || o->extensions.count > 0;
    if (o->files) {
        fprintf(stream, " %s-F", option);
    } else if (files) {
        fprintf(stream, " %s-f -a '(__unmush_files ", option);
        print_list(&o->extensions, " ", stream);
        fputs(")'", stream);
    } else if (o->folders) {
        fprintf(stream,
                " %s-f -a '(__fish_complete_directories (commandline -ct | string replace -r "
                "-- \"^-[^=]*=\" \"\"))'",
                option);
    } else {
        fprintf(stream, " %s-f", option);
    }
    if (o->words.count > 0) {
        fputs(" -a '", stream);
        print_list(&o->words, " ", stream);
        fputc('\'', stream);
    }
}

static void print_fish_option(const Field *f, const Command *c, FILE *stream)
{
    fprintf(stream, "complete -c unmush -n '__fish_seen_subcommand_from %s' -l %s", c->name,
            f->name);
    if (f->letter)
        fprintf(stream, " -s %c", f->letter);
    if (fields_argument(f)) {
        Offers o = offers_of_field(f);
        print_fish_offers(&o, "-r ", stream);
        offers_free(&o);
    }
    fputs(" -d ", stream);
    print_quoted(f->help ? f->help : "", stream);
    fputc('\n', stream);
}

static void print_fish(const Command *c, FILE *stream)
{
    Offers o = offers_of_command(c);
    fprintf(stream, "complete -c unmush -n __fish_use_subcommand -a %s -d ", c->name);
    print_quoted(c->summary, stream);
    fputc('\n', stream);
    for_fields(c, print_fish_option, stream);
    fprintf(stream, "complete -c unmush -n '__fish_seen_subcommand_from %s'", c->name);
    print_fish_offers(&o, "", stream);
    fputc('\n', stream);
    offers_free(&o);
}

/* ---- All ------------------------------------------------------------------------------------ */

void completion_begin(Shell shell, const StringList *names, FILE *stream)
{
    switch (shell) {
    case SHELL_BASH:
        fputs(BASH_BEGIN, stream);
        break;
    case SHELL_ZSH:
        fputs(ZSH_BEGIN, stream);
        break;
    case SHELL_FISH:
        fputs(FISH_BEGIN, stream);
        return;
    }
    fputs("_unmush_commands='", stream);
    print_list(names, " ", stream);
    fputs("'\n", stream);
}

void completion_command(Shell shell, const Command *c, FILE *stream)
{
    switch (shell) {
    case SHELL_BASH:
        print_bash(c, stream);
        break;
    case SHELL_ZSH:
        print_zsh(c, stream);
        break;
    case SHELL_FISH:
        print_fish(c, stream);
        break;
    }
}

void completion_end(Shell shell, FILE *stream)
{
    fputs(shell == SHELL_BASH ? BASH_END : shell == SHELL_ZSH ? ZSH_END : "", stream);
}
