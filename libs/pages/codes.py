"""What codes are called on pages, in French and English: the field's words, as people say them."""

from collections.abc import Mapping

from libs.common.languages import Bilingual


def _names(**said: tuple[str, str]) -> Mapping[str, Bilingual]:
    return {code: Bilingual(fr=fr, en=en) for code, (fr, en) in said.items()}


NAMES: Mapping[str, Mapping[str, Bilingual]] = {
    "channel": _names(
        web=("Web", "Web"),
        app=("Application", "App"),
        phone=("Téléphone", "Phone"),
        counter=("Comptoir", "Counter"),
        letter=("Lettre", "Letter"),
        email=("Courriel", "E-mail"),
        sms=("Texto", "Text message"),
        fax=("Télécopie", "Fax"),
        chat=("Clavardage", "Chat"),
        social=("Réseaux sociaux", "Social media"),
        other=("Autre", "Other"),
    ),
    "kind": _names(
        complaint=("Plainte", "Complaint"),
        suggestion=("Suggestion", "Suggestion"),
        compliment=("Compliment", "Compliment"),
        enquiry=("Question", "Enquiry"),
        service_request=("Demande de service", "Service request"),
    ),
    "state": _names(
        new=("Nouveau", "New"),
        assigned=("Attribué", "Assigned"),
        acknowledged=("Pris en charge", "Acknowledged"),
        waiting=("En attente", "Waiting"),
        answered=("Répondu", "Answered"),
        closed=("Fermé", "Closed"),
        received=("Reçu", "Received"),
        awaited=("Attendu", "Awaited"),
        withdrawn=("Retiré", "Withdrawn"),
    ),
    "outcome": _names(
        upheld=("Fondée", "Upheld"),
        partly_upheld=("Fondée en partie", "Partly upheld"),
        not_upheld=("Non fondée", "Not upheld"),
        referred=("Orientée ailleurs", "Referred elsewhere"),
        withdrawn=("Retirée", "Withdrawn"),
        declined=("Non traitée", "Declined"),
    ),
    "priority": _names(normal=("Normale", "Normal"), high=("Haute", "High"), urgent=("Urgente", "Urgent")),
    "clock": _names(
        acknowledge=("Accusé de réception", "Acknowledgement"),
        reply=("Réponse", "Reply"),
        resolve=("Règlement", "Resolution"),
        stage2_reply=("Réponse au second recours", "Second-stage reply"),
    ),
    "starts": _names(
        submission=("dès le message de la personne", "from when the person spoke"),
        assignment=("dès la première attribution", "from the first assignment"),
        reopening=("dès la réouverture", "from the reopening"),
    ),
    "waiting_for": _names(person=("la personne", "the person"), third_party=("un tiers", "a third party")),
    "resumed_by": _names(
        staff=("par le personnel", "by staff"),
        person=("par la personne", "by the person"),
        timer=("à l'échéance prévue", "at the time foreseen"),
    ),
    "solved": _names(
        yes=("Réglé", "Solved"), partly=("Réglé en partie", "Partly solved"), no=("Pas réglé", "Not solved")
    ),
    "task": _names(
        read_message=("Message à lire", "Message to read"),
        answer_asked=("Réponse de la personne à lire", "Their answer to read"),
        wait_over=("Attente terminée", "Wait is over"),
        not_solved=("La réponse n'a pas tout réglé", "The reply did not solve it"),
        reply_undelivered=("La réponse n'est pas arrivée", "The reply did not arrive"),
        deliver_reply=("Réponse à transmettre", "Reply to bring to the person"),
        bring_question=("Question à poser de vive voix ou par lettre", "Question to bring to the person"),
        bring_extension=("Nouvelle date à annoncer de vive voix ou par lettre", "New date to bring to the person"),
        bring_apology=("Retard à annoncer, avec nos excuses", "Delay to tell the person, with an apology"),
        bring_transfer=("Équipe qui a le dossier à faire connaître", "Team that has it now to tell the person"),
    ),
    "urgent": _names(
        safety=("Danger pour quelqu'un", "Someone's safety"),
        threat=("Menace", "Threat"),
        self_harm=("Risque d'automutilation ou de suicide", "Risk of self-harm"),
    ),
    "disclosure": _names(
        named=("Avec son nom", "Named"),
        confidential=("Confidentiel : caché à l'équipe visée", "Confidential: hidden from the team concerned"),
        anonymous=("Anonyme", "Anonymous"),
    ),
    "reply_by": _names(
        tracking=("Code de suivi", "Tracking code"),
        email=("Courriel", "E-mail"),
        phone=("Téléphone", "Phone"),
        letter=("Lettre", "Letter"),
    ),
    "respondent": _names(
        client=("Client", "Client"),
        potential_client=("Client éventuel", "Potential client"),
        former_client=("Ancien client", "Former client"),
        employee=("Employé", "Employee"),
        manager=("Gestionnaire", "Manager"),
    ),
    "source": _names(
        web_form=("Formulaire en ligne", "Web form"),
        staff=("Personnel", "Staff"),
        partner=("Partenaire", "Partner"),
        device=("Borne", "Device"),
    ),
    "role": _names(
        self=("La personne elle-même", "The person"),
        relative=("Proche", "Relative"),
        representative=("Représentant", "Representative"),
        organisation=("Organisme", "Organisation"),
        staff=("Personnel", "Staff"),
    ),
    "authority": _names(
        none=("Sans mandat", "No authority"),
        declared=("Mandat déclaré", "Authority declared"),
        evidenced=("Mandat prouvé", "Authority evidenced"),
    ),
    "measure": _names(
        csat=("Satisfaction", "Satisfaction"),
        ces=("Facilité de la démarche", "Ease of the process"),
        nps=("Recommandation", "Recommendation"),
        trust=("Confiance", "Trust"),
        effectiveness=("Efficacité", "Effectiveness"),
        ease=("Simplicité", "Ease"),
        efficiency=("Rapidité", "Efficiency"),
        transparency=("Transparence", "Transparency"),
        humanity=("Humanité", "Humanity"),
    ),
    "closed_because": _names(
        time_passed=(
            "fermé de lui-même, quelque temps après la réponse",
            "closed by itself, some time after the answer",
        ),
        staff=("fermé par le personnel", "closed by staff"),
        withdrawn=("retiré par la personne", "withdrawn by the person"),
        declined=("non traité", "declined"),
        referred=("orienté ailleurs", "referred elsewhere"),
        erased=("effacé à la demande de la personne", "erased as the person asked"),
    ),
    "undeliverable": _names(
        no_address=("aucune adresse", "no address"),
        rejected=("refusé", "rejected"),
        bounced=("retourné par le serveur", "bounced"),
        returned=("retourné par la poste", "returned"),
        unreachable=("personne injoignable", "unreachable"),
    ),
    "notice": _names(
        asked=("la question", "the question"),
        extended=("la nouvelle date", "the new date"),
        late=("nos excuses pour le retard", "the apology for the delay"),
        assigned=("qui a son message", "who has their message"),
        transferred=("le changement d'équipe", "the new team"),
    ),
    "verb": _names(
        acknowledge=("Accuser réception", "Acknowledge"),
        reply=("Répondre", "Reply"),
        ask=("Demander à la personne", "Ask the person"),
        note=("Noter", "Note"),
        assign=("Attribuer", "Assign"),
        transfer=("Transférer", "Transfer"),
        classify=("Classer", "Classify"),
        suspend=("Suspendre", "Suspend"),
        resume=("Reprendre", "Resume"),
        extend=("Reporter une échéance", "Extend a deadline"),
        escalate=("Élever la priorité", "Escalate"),
        refer=("Orienter ailleurs", "Refer elsewhere"),
        decline=("Ne pas traiter", "Decline"),
        reopen=("Rouvrir", "Reopen"),
        close=("Fermer", "Close"),
        link=("Lier un dossier", "Link a case"),
    ),
}
"""By what the codes are of, then by code. A code that has no name here is shown as it is."""


def name_of(code: str, of: str) -> Bilingual:
    """The name of a code of the field; of one that an organisation made itself, the code."""
    return NAMES[of].get(code) or Bilingual(fr=code, en=code)
