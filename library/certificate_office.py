"""Certificates, for staff to look after."""

from collections.abc import Callable

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from library.models import Certificate

EVERYWHERE = [admin.ActionLocation.CHANGE_LIST, admin.ActionLocation.CHANGE_FORM]


@admin.register(Certificate)
class CertificateAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Certificates: staff mend a name, and withdraw what should not hold."""

    actions = ["withdraw", "reinstate"]
    list_display = ["name", "learner", "title", "issued_at", "withdrawn_at"]
    list_display_links = ["name", "learner"]
    list_select_related = ["learner"]
    list_filter = [("course", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["code", "name", "learner__email", "title"]
    date_hierarchy = "issued_at"
    ordering = ["-issued_at", "-pk"]
    fields = ["name", "learner", "title", "issued_at", "withdrawn_at", "is_held", "address"]
    readonly_fields = ["learner", "title", "issued_at", "withdrawn_at", "is_held", "address"]

    @admin.display(description=_("valid"), boolean=True)
    def is_held(self, certificate: Certificate) -> bool:
        """Show whether it holds: not withdrawn, and its course not taken back."""
        return certificate.holds

    @admin.display(description=_("address"))
    def address(self, certificate: Certificate) -> str:
        """Show where it may be checked."""
        return certificate.address

    @admin.action(
        description=_("Withdraw: it is no longer valid"),
        location=EVERYWHERE,
        permissions=["change"],
    )
    def withdraw(self, request: HttpRequest, certificates: "QuerySet[Certificate]") -> None:
        """Say that certificates do not hold."""
        self._change(request, certificates, Certificate.withdraw, "Withdrawn.")

    @admin.action(
        description=_("Reinstate: it is valid again"), location=EVERYWHERE, permissions=["change"]
    )
    def reinstate(self, request: HttpRequest, certificates: "QuerySet[Certificate]") -> None:
        """Have certificates hold again."""
        self._change(request, certificates, Certificate.reinstate, "Reinstated.")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Leave it to the lessons: who has done them has a certificate."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Certificate | None = None) -> bool:
        """Keep what was issued: one that should not hold is withdrawn."""
        return False

    def _change(
        self,
        request: HttpRequest,
        certificates: "QuerySet[Certificate]",
        verb: Callable[[Certificate], bool],
        log: str,
    ) -> None:
        for certificate in certificates:
            if verb(certificate):
                self.log_change(request, certificate, log)
                told = gettext("“%(certificate)s” was changed.") % {"certificate": certificate}
                self.message_user(request, told, messages.SUCCESS)
